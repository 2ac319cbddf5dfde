import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toAgent } from "./agent.ts";
import type { AgentView, ListAgentsQuery } from "./schemas.ts";
import { selectAgentById, selectAgents } from "./store.ts";

export async function listAgents(
  { tenant, principal, env, now }: ReadContext,
  query: z.output<typeof ListAgentsQuery>,
): Promise<{ items: AgentView[]; nextCursor: string | null }> {
  const [rows] = await tenant.read((db) => [selectAgents(db, query, { ...query, agentId: principal.agentId })]);
  return toPage(
    rows,
    query,
    (row) => ({ at: row.createdAt, id: row.id }),
    (row) => toAgent(row, env, now),
  );
}

export async function getAgent({ tenant, principal, env, now }: ReadContext, agentId: string): Promise<AgentView> {
  requireAgent(principal, agentId);
  const [[row]] = await tenant.read((db) => [selectAgentById(db, agentId)]);
  if (row === undefined) throw problem("not_found", "no such agent");
  return toAgent(row, env, now);
}
