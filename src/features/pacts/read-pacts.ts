import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { toPactCheck } from "./pact-check.ts";
import { toPact } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { ListPactsQuery, PactCheckView, PactView } from "./schemas.ts";
import { selectChecks, selectPact, selectPacts } from "./store.ts";

export async function listPacts(
  { tenant, principal }: ReadContext,
  query: z.output<typeof ListPactsQuery>,
): Promise<{ items: PactView[]; nextCursor: string | null }> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const filter = { ...query, agentId: principal.agentId ?? query.agentId };
  const [rows] = await tenant.read((db) => [selectPacts(db, query, filter)]);
  return toPage(rows, query, (row) => ({ at: row.createdAt, id: row.id }), toPact);
}

export async function getPact({ tenant, principal }: ReadContext, pactId: string): Promise<PactView> {
  const [[row]] = await tenant.read((db) => [selectPact(db, pactId)]);
  return toPact(requirePact(principal, row));
}

/** What callers reported of a pact, newest first: shown, never scored. */
export async function listChecks(
  { tenant, principal }: ReadContext,
  pactId: string,
  page: Page,
): Promise<{ items: PactCheckView[]; nextCursor: string | null }> {
  const [[pact], rows] = await tenant.read((db) => [selectPact(db, pactId), selectChecks(db, pactId, page)]);
  requirePact(principal, pact);
  return toPage(rows, page, (row) => ({ at: row.createdAt, id: row.id }), toPactCheck);
}
