import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { isOpen, statusAt } from "./approval.ts";
import type { ApprovalView } from "./schemas.ts";
import { selectApproval, updateApproval } from "./store.ts";
import { openNote } from "./note.ts";
import { toldOf } from "./tell.ts";
import { toApproval } from "./view.ts";

/** Ends an approval that is not used yet: it allows less, so a key may. An agent takes back only what nobody has decided. */
export async function cancelApproval(context: WriteContext<"approval.cancelled">, id: string): Promise<ApprovalView> {
  const { tenant, principal, env, box, now } = context;
  const [[row]] = await tenant.read((db) => [selectApproval(db, id)]);
  if (row === undefined) throw problem("not_found", "no such approval");
  requireAgent(principal, row.agentId);
  const status = statusAt(row, now);
  if (!isOpen(status) || (principal.agentId !== null && status === "approved"))
    throw problem("state_conflict", status, { errors: [{ path: "approvalId", message: `The approval is ${status}.` }] });
  const change = { status: "cancelled", updatedAt: now } as const;
  const view = { ...toApproval({ ...row, ...change }, env, now), note: await openNote(box, row) };
  const announces = [{ type: "approval.cancelled", data: toldOf(row) }] as const;
  await tenant.write({ action: "approval.cancelled", resource: id, change: { from: status }, answer: view, announces }, (db) => [
    updateApproval(db, row, change),
  ]);
  return view;
}
