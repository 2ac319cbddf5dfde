import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { currentTime } from "../../platform/clock.ts";
import { statusAt, type ApprovalRow } from "./approval.ts";
import { pausesOf } from "./pauses.ts";
import { openNote } from "./note.ts";
import { openPreview } from "./preview.ts";
import type { ApprovalPage, ApprovalWithPreviewView, ListApprovalsQuery } from "./schemas.ts";
import { selectApproval, selectApprovals } from "./store.ts";
import { toApproval } from "./view.ts";

export async function listApprovals(
  { tenant, principal, env, now }: ReadContext,
  query: z.output<typeof ListApprovalsQuery>,
): Promise<z.input<typeof ApprovalPage>> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const agentId = principal.agentId ?? query.agentId ?? null;
  const [rows] = await tenant.read((db) => [selectApprovals(db, query, agentId, now)]);
  return toPage(
    rows,
    query,
    ({ createdAt, id }) => ({ at: createdAt, id }),
    (row) => toApproval(row, env, now),
  );
}

/**
 * One approval; where nobody has decided, it is looked at again until somebody has, its time is over, or `waitSeconds` are. Who has lost the
 * right meanwhile is told nothing.
 */
export async function getApproval(context: ReadContext, id: string, waitSeconds: number): Promise<ApprovalWithPreviewView> {
  const { env, box, principal } = context;
  let row = await readApproval(context, id);
  let hasWaited = false;
  for (const pauseMs of pausesOf(waitSeconds * 1000)) {
    const now = currentTime();
    if (!isUndecided(row, now)) break;
    hasWaited = true;
    await scheduler.wait(Math.min(pauseMs, row.expiresAt.getTime() - now.getTime()));
    row = await readApproval(context, id);
  }
  if (hasWaited) await context.stillAdmitted();
  // What will be called is the operators' business: the agent knows what it asked for.
  const preview = principal.agentId === null ? await openPreview(box, row) : null;
  return { ...toApproval(row, env, currentTime()), note: await openNote(box, row), preview };
}

async function readApproval({ tenant, principal }: ReadContext, id: string): Promise<ApprovalRow> {
  const [[row]] = await tenant.read((db) => [selectApproval(db, id)]);
  if (row === undefined) throw problem("not_found", "no such approval");
  requireAgent(principal, row.agentId);
  return row;
}

function isUndecided(row: ApprovalRow, now: Date): boolean {
  const status = statusAt(row, now);
  return status === "proposed" || status === "pending";
}
