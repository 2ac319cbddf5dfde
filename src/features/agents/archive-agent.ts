import { askGate } from "../../access/admit.ts";
import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { toAgent } from "./agent.ts";
import type { AgentView } from "./schemas.ts";
import { selectAgentById, updateAgent } from "./store.ts";

/** Takes an agent out of service, for good: out of every room first. What was found of it stays; the secrets of its endpoint do not. */
export async function archiveAgent({ tenant, principal, env, now }: WriteContext<"agent.archived">, agentId: string): Promise<AgentView> {
  requireAgent(principal, agentId);
  const [[current]] = await tenant.read((db) => [selectAgentById(db, agentId)]);
  if (current === undefined) throw problem("not_found", "no such agent");
  if (current.archivedAt !== null) throw problem("state_conflict", "the agent is archived already");
  const changes = { archivedAt: now, endpointHeaders: [], updatedAt: now };
  const view = toAgent({ ...current, ...changes }, env, now);
  await askGate(env, tenant.orgId, (gate) => gate.endAgent(tenant.orgId, agentId));
  await tenant.write({ action: "agent.archived", resource: agentId, change: { archivedAt: now.toISOString() }, answer: view }, (db) => [
    updateAgent(db, { id: agentId, revision: current.revision, ...changes }),
  ]);
  return view;
}
