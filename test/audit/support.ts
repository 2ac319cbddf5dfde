import { env } from "cloudflare:workers";
import { z } from "zod";
import { leafHash, type LeafEvent } from "../../src/audit/leaf.ts";
import type { Hash } from "../../src/audit/transparency/tree-hash.ts";
import { rootOfLeaves } from "../../src/audit/transparency/merkle.ts";
import { parseEnvironment } from "../../src/env.ts";
import { toBase64 } from "../../src/crypto/encoding.ts";
import { ownerSees } from "../support/harness.ts";
import type { TestOrganization } from "../support/organization.ts";

const Events = z.array(
  z.object({
    orgId: z.string(),
    seq: z.number(),
    id: z.string(),
    at: z.string().transform((text) => new Date(text)),
    actor: z.string(),
    action: z.string(),
    resource: z.string(),
    change: z.string(),
    commitment: z.string().nullable(),
    requestId: z.string(),
  }),
);

export const logOf = ({ orgId }: Pick<TestOrganization, "orgId">) => env.TRANSPARENCY_LOG.get(env.TRANSPARENCY_LOG.idFromName(orgId));

export function environment() {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("the tests' environment does not parse");
  return parsed.env;
}

/** Writes some events, as any change does. */
export async function writeEvents(org: TestOrganization, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) await org.call("POST", "/v1/keys", { name: `key ${at}`, scopes: ["keys:read"] });
}

/** The organization's events as the database's owner reads them, past the Worker. */
export async function eventsOf({ orgId }: Pick<TestOrganization, "orgId">): Promise<LeafEvent[]> {
  const rows = await ownerSees(
    `select org_id as "orgId", seq::int, id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor, action, resource, change, commitment, request_id as "requestId"
       from audit_events where org_id = $1 order by seq`,
    orgId,
  );
  return Events.parse(rows);
}

export const leavesOf = async (org: Pick<TestOrganization, "orgId">): Promise<Hash[]> => (await eventsOf(org)).map(leafHash);

const Published = z.array(z.object({ size: z.number(), root: z.string(), kid: z.string(), note: z.string() }));

export const publishedOf = async ({ orgId }: Pick<TestOrganization, "orgId">): Promise<z.output<typeof Published>> =>
  Published.parse(await ownerSees("select size::int, root, kid, note from log_checkpoints where org_id = $1 order by size", orgId));

export const rootText = (leaves: readonly Hash[]): string => toBase64(rootOfLeaves(leaves));

/** Does to the organization's rows what no wall lets anybody do: as the database's owner, with every trigger asleep. */
export const tamper = ({ orgId }: Pick<TestOrganization, "orgId">, statement: string): Promise<unknown> =>
  ownerSees(
    `do $tamper$ begin perform set_config('session_replication_role', 'replica', true); ${statement.replaceAll(":org", `'${orgId}'`)}; end $tamper$`,
  );
