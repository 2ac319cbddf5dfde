import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import type { CaseView, RunView } from "./schemas.ts";
import { selectCasePage, selectRun, selectRuns, type RunFilter } from "./store.ts";
import { toCase, toRun } from "./views.ts";

/** A credential that is bound to an agent sees the runs of that agent. */
export async function listRuns(
  { tenant, principal }: ReadContext,
  { agentId, status, ...page }: Page & RunFilter,
): Promise<{ items: RunView[]; nextCursor: string | null }> {
  if (agentId !== undefined) requireAgent(principal, agentId);
  const filter = { agentId: agentId ?? principal.agentId ?? undefined, status };
  const [rows] = await tenant.read((db) => [selectRuns(db, page, filter)]);
  return toPage(rows, page, (row) => ({ at: row.createdAt, id: row.id }), toRun);
}

export async function getRun({ tenant, principal }: ReadContext, runId: string): Promise<RunView> {
  const [[run]] = await tenant.read((db) => [selectRun(db, runId)]);
  if (run === undefined) throw problem("not_found", "no such run");
  requireAgent(principal, run.agentId);
  return toRun(run);
}

/** In the order of the suite; the cursor is the index of the last case shown. */
export async function listCases(
  { tenant, principal }: ReadContext,
  runId: string,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ items: CaseView[]; nextCursor: string | null }> {
  const after = cursor === undefined ? -1 : Number(cursor);
  const [[run], rows] = await tenant.read((db) => [selectRun(db, runId), selectCasePage(db, runId, after, limit)]);
  if (run === undefined) throw problem("not_found", "no such run");
  requireAgent(principal, run.agentId);
  const shown = rows.slice(0, limit);
  return { items: shown.map(toCase), nextCursor: rows.length > limit ? String(shown.at(-1)?.index ?? after) : null };
}
