import type { z } from "@hono/zod-openapi";
import { requirePerson } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { statusAt, type ApprovalRow } from "./approval.ts";
import { loadCase, type Case } from "./case.ts";
import { isBarred } from "./four-eyes.ts";
import { sealNote } from "./note.ts";
import type { ApprovalView, DecideBody } from "./schemas.ts";
import { updateApproval } from "./store.ts";
import { boundTo, toldOfDecided } from "./tell.ts";
import { toApproval } from "./view.ts";

type Decision = z.output<typeof DecideBody>;

/** Lets exactly the previewed action happen once, if it still would be the same one then. */
export async function approve(context: WriteContext<"approval.approved">, id: string, decision: Decision): Promise<ApprovalView> {
  const { tenant, principal, now } = context;
  const found = await loadDecidable(context, id, decision);
  const { grant } = found;
  if (grant.status === "revoked" || (grant.expiresAt !== null && grant.expiresAt <= now))
    throw refuse("approvalId", "The grant is revoked or expired.");
  if (isBarred(found, requirePerson(principal).actor)) throw problem("four_eyes", "an owner of the agent, or nobody knows who is");
  const decided = await decide(context, found.row, "approved", decision.note);
  const { view, event, row } = decided;
  await tenant.write(
    { ...event, action: "approval.approved", announces: [{ type: "approval.approved", data: toldOfDecided(row) }] },
    (db) => [updateApproval(db, found.row, decided.change)],
  );
  return view;
}

/** Says no. Whoever may decide may deny, the agent's owner too. */
export async function deny(context: WriteContext<"approval.denied">, id: string, decision: Decision): Promise<ApprovalView> {
  const { tenant } = context;
  const found = await loadDecidable(context, id, decision);
  const decided = await decide(context, found.row, "denied", decision.note);
  const { view, event, row } = decided;
  await tenant.write({ ...event, action: "approval.denied", announces: [{ type: "approval.denied", data: toldOfDecided(row) }] }, (db) => [
    updateApproval(db, found.row, decided.change),
  ]);
  return view;
}

type Deciding = WriteContext<"approval.approved"> | WriteContext<"approval.denied">;

const refuse = (path: string, message: string) => problem("state_conflict", message, { errors: [{ path, message }] });

/** Throws 404 for none, and 409 for one that nobody can decide now or whose preview is not the one that was read. */
async function loadDecidable({ tenant, now }: Deciding, id: string, { previewDigest }: Decision): Promise<Case> {
  const found = await loadCase(tenant, id);
  const status = statusAt(found.row, now);
  if (status !== "pending") throw refuse("approvalId", `The approval is ${status}.`);
  if (previewDigest !== found.row.previewDigest) throw refuse("previewDigest", "This is not the digest of the approval's preview.");
  return found;
}

/** The decision as it is written, logged and answered. A note is nobody's business but the reader's: the log holds none of it. */
async function decide({ principal, box, env, now }: Deciding, row: ApprovalRow, status: "approved" | "denied", note: string | undefined) {
  const change = {
    status,
    decidedBy: requirePerson(principal).actor,
    decidedAt: now,
    sealedNote: await sealNote(box, row.id, note),
    updatedAt: now,
  };
  const decided = { ...row, ...change };
  const view: ApprovalView = { ...toApproval(decided, env, now), note: note ?? null };
  const bound = boundTo(row);
  return { change, row: decided, view, event: { resource: row.id, change: { status, bound }, answer: view } };
}
