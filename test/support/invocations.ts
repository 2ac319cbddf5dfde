import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { actAsSystem } from "../../src/access/system-principal.ts";
import { grants } from "../../src/db/schema/grants.ts";
import { requireEnvironment } from "../../src/env.ts";
import { groundOf, selectBasis } from "../../src/features/grants/index.ts";
import { agentCaller, newGrant, type Granted } from "./grants.ts";
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

/** Puts a grant in production for what it rests on now, as a promotion does. */
export async function promote({ org, grantId }: Pick<Invoking, "org" | "grantId">): Promise<void> {
  const { tenant } = await actAsSystem(requireEnvironment(env), org.orgId, "system:test");
  const [[row]] = await tenant.read((db) => [selectBasis(db, grantId)]);
  if (row === undefined) throw new Error("no such grant");
  const { present, basis } = await groundOf(row);
  const promotion = { promotedFor: basis, promotedBasis: present, promotedAt: new Date(), revision: row.grant.revision + 1 };
  await tenant.write({ action: "grant.promoted", resource: grantId, change: {}, answer: null }, ({ orm, orgId }) => [
    orm
      .update(grants)
      .set(promotion)
      .where(and(eq(grants.orgId, orgId), eq(grants.id, grantId))),
  ]);
}

/** The same, in production. */
export async function newProduction(wish: Wish = {}): Promise<Invoking> {
  const invoking = await newInvoking(wish);
  await promote(invoking);
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
