import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { digestVersion, toAgent, type AgentRow, type NewAgentRow } from "./agent.ts";
import { placeEndpoint, refuseEndpoint } from "./endpoint.ts";
import type { AgentChanges, AgentView } from "./schemas.ts";
import { insertVersions, selectAgentById, updateAgent } from "./store.ts";

/** Changes an agent. Where what defines it changes, it becomes another version, written with it. */
export async function changeAgent(context: WriteContext<"agent.updated">, agentId: string, changes: AgentChanges): Promise<AgentView> {
  const { tenant, principal, env, now } = context;
  requireAgent(principal, agentId);
  const [[current]] = await tenant.read((db) => [selectAgentById(db, agentId)]);
  if (current === undefined) throw problem("not_found", "no such agent");
  if (current.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  const refused = refuseEndpoint(changes.endpoint, env, "body");
  if (refused !== undefined) throw problem("invalid_request", "endpoint refused", { errors: [refused] });
  const row = await planChange(context, current, changes);
  const view = toAgent(row, env, now);
  const event = { action: "agent.updated", resource: agentId, change: view, answer: view } as const;
  if (row.versionNumber === current.versionNumber) await tenant.write(event, (db) => [updateAgent(db, row)]);
  else await tenant.write(event, (db) => [updateAgent(db, row), insertVersions(db, [row])]);
  return view;
}

async function planChange(
  { box, env, now }: WriteContext<"agent.updated">,
  current: AgentRow,
  changes: AgentChanges,
): Promise<NewAgentRow> {
  const { orgId: _, ...row } = current;
  const { endpoint, ...fields } = changes;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const placed = endpoint === undefined ? {} : await placeEndpoint(box, current.id, endpoint, env, current);
  const changed = { ...row, ...given, ...placed, updatedAt: now };
  const versionDigest = await digestVersion(changed);
  const versionNumber = current.versionNumber + (versionDigest === current.versionDigest ? 0 : 1);
  return { ...changed, versionDigest, versionNumber };
}
