import type { SQL } from "drizzle-orm";
import { enterPublicAgent, enterPublicAgentOrOwn, readAsPublic } from "../../db/read-as-public.ts";
import type { Basics, Quote, ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { evidenceOfCurrentScore, selectScoreWithEvidence } from "../scores/index.ts";
import { selectTrust, toTrust, type TrustRows } from "./read-trust.ts";
import type { TrustEvidenceView } from "./schemas.ts";

/** A public agent's trust with its evidence, or an own one's; a credential that is bound to an agent owns that one alone. */
export async function readEvidence({ tenant, principal, ...context }: ReadContext, agentId: string): Promise<TrustEvidenceView> {
  const mayOwn = principal.agentId === null || principal.agentId === agentId;
  const { requestId } = context;
  const entry = mayOwn ? enterPublicAgentOrOwn(agentId, tenant.orgId, requestId) : enterPublicAgent(agentId, requestId);
  return show(context, agentId, await readRows(context, agentId, entry, mayOwn ? tenant.orgId : null));
}

/** The same of a public agent, for whoever pays. */
export async function quoteEvidence(context: Basics, agentId: string): Promise<Quote<TrustEvidenceView>> {
  const rows = await readRows(context, agentId, enterPublicAgent(agentId, context.requestId), null);
  const [, [version]] = rows;
  if (version === undefined) throw new Error("an agent without a version");
  return { seller: { orgId: version.ownerOrg, about: agentId }, deliver: () => show(context, agentId, rows) };
}

async function readRows(context: Basics, agentId: string, entry: SQL, owner: string | null): Promise<TrustRows> {
  const { now } = context;
  const rows = await readAsPublic(context, entry, (db) => selectTrust(db, { agentId, now, owner, selectScore: selectScoreWithEvidence }));
  if (rows[0].length === 0) throw problem("not_found", "no such public agent");
  return rows;
}

async function show(context: Basics, agentId: string, rows: TrustRows): Promise<TrustEvidenceView> {
  const [, version, fresh, records] = rows;
  const evidence = evidenceOfCurrentScore({ agentId, now: context.now }, [version, fresh, records]);
  if (evidence === undefined) throw new Error("an agent without a version");
  return { trust: await toTrust(context, agentId, rows), evidence };
}
