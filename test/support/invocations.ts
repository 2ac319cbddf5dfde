import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { agentCaller, newGrant, putInProduction, type Granted } from "./grants.ts";
import type { Answer } from "./organization.ts";
import { signInAs } from "./people.ts";

/** What an upstream of the tests was sent (test-upstreams.node.ts). */
type Sent = {
  readonly calls: readonly { readonly url: string; readonly body: string; readonly headers: Readonly<Record<string, string>> }[];
  readonly acted: readonly string[];
};

export type Invoking = Granted & {
  readonly grantId: string;
  /** The agent's own key. */
  readonly asAgent: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  readonly invoke: (args: object, headers?: Record<string, string>, approvalId?: string) => Promise<Answer>;
  readonly sent: () => Promise<Sent>;
};

type Wish = {
  /** How the upstream behaves. */
  readonly behaviour?: string;
  readonly definition?: Readonly<Record<string, unknown>>;
  readonly terms?: object;
  readonly grant?: Readonly<Record<string, unknown>>;
  readonly scopes?: readonly string[];
};

const agentScopes = ["grants:invoke", "grants:read", "receipts:read"];

/** A grant in simulation, on an upstream that only it knows, with the key of its agent. */
export async function newInvoking({
  behaviour = "orders",
  definition = {},
  terms,
  grant = {},
  scopes = agentScopes,
}: Wish = {}): Promise<Invoking> {
  const token = crypto.randomUUID();
  const urlTemplate = `${env.UPSTREAM_URL}/${behaviour}/${token}/{orderId}`;
  const granted = await newGrant(grant, { definition: { urlTemplate, ...definition }, ...(terms === undefined ? {} : { terms }) });
  const asAgent = await agentCaller(granted, granted.agentId, scopes);
  const invoke: Invoking["invoke"] = (args, headers, approvalId) =>
    asAgent(
      "POST",
      `/v1/grants/${granted.grantId}/invoke`,
      { arguments: args, ...(approvalId === undefined ? {} : { approvalId }) },
      headers,
    );
  return { ...granted, asAgent, invoke, sent: async () => (await fetch(`${env.UPSTREAM_URL}/calls/${token}`)).json<Sent>() };
}

/** The same, in production. */
export async function newProduction(wish: Wish = {}): Promise<Invoking> {
  const invoking = await newInvoking(wish);
  await putInProduction(invoking);
  return invoking;
}

/** Has a member who had nothing to do with it approve what an invocation waits for. */
export async function approve({ org }: Pick<Invoking, "org">, { body }: Answer): Promise<void> {
  const person = await signInAs(org, "operator");
  const path = `/v1/approvals/${body.approval.id}`;
  const { previewDigest } = (await person.call("GET", path)).body;
  const { status, text } = await person.call("POST", `${path}/approve`, { previewDigest });
  if (status !== 200) throw new Error(text);
}

/** What a reservation does once its deadline has passed: the ledger's alarm. */
export async function passDeadline({ org, grantId }: Pick<Invoking, "org" | "grantId">): Promise<void> {
  const ledger = ledgerStub({ org, grantId });
  await runInDurableObject(
    ledger,
    (_ledger, { storage }) => void storage.sql.exec("update reservations set deadline = 1 where deadline is not null"),
  );
  await runDurableObjectAlarm(ledger);
}

export const ledgerStub = ({ org, grantId }: Pick<Invoking, "org" | "grantId">) =>
  env.GRANT_LEDGER.get(env.GRANT_LEDGER.idFromName(`${org.orgId}/${grantId}`));
