import type { SealedBox } from "../../crypto/sealed-box.ts";
import { joinParts, type WritePart } from "../../db/write-part.ts";
import type { Environment } from "../../env.ts";
import type { ApprovalEffect } from "../../grants/approval.ts";
import { newId } from "../../platform/ids.ts";
import type { DecisionReason } from "../../policies/decision.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import { statusAt, type ApprovalRow } from "./approval.ts";
import { previewOf, sealPreview, type PreviewFacts } from "./preview.ts";
import { effectStatement, insertApproval, updateApproval } from "./store.ts";
import type { ApprovalTicketView } from "./schemas.ts";
import { boundTo, toldOf, toldOfDecided } from "./tell.ts";
import { toTicket } from "./view.ts";

type Asked = {
  readonly env: Pick<Environment, "publicOrigin">;
  readonly box: SealedBox;
  readonly now: Date;
  readonly grantId: string;
  readonly agentId: string;
  /** Who asks, as the audit log names him: the agent's key. */
  readonly requestedBy: string;
  readonly invocationId: string;
  readonly requestDigest: string;
  readonly actionDigest: string;
  readonly preview: PreviewFacts;
  readonly terms: Pick<PolicyTerms, "approval">;
  /** Open ones of this request that do not stand any more, expired or for another action: they end in the same write. */
  readonly replaces: readonly ApprovalRow[];
};

export type ApprovalPlan =
  | ({ readonly ok: true; readonly row: ApprovalRow; readonly ticket: ApprovalTicketView } & WritePart)
  | { readonly ok: false; readonly reason: DecisionReason };

const undecided = { decidedBy: null, decidedAt: null, sealedNote: null, reason: null, consumedBy: null, consumedAt: null, effect: null };

/** A new approval that waits for a person, for the write of the invocation that needs it. What cannot be shown whole is not asked for. */
export async function planApproval(asked: Asked): Promise<ApprovalPlan> {
  const { env, box, now, terms } = asked;
  const preview = await previewOf(asked.preview);
  if (!preview.ok) return { ok: false, reason: "preview_too_large" };
  const { grantId, agentId, invocationId, requestDigest, actionDigest, requestedBy } = asked;
  const bound = { grantId, agentId, invocationId, requestDigest, actionDigest, requestedBy };
  const id = newId("approval");
  const row: ApprovalRow = {
    ...bound,
    ...undecided,
    id,
    status: "pending",
    sealedPreview: await sealPreview(box, id, preview.text),
    previewDigest: preview.digest,
    fourEyes: terms.approval.fourEyes,
    expiresAt: new Date(now.getTime() + terms.approval.expiresInSeconds * 1000),
    revision: 2,
    createdAt: now,
    updatedAt: now,
  };
  const proposed = { ...row, status: "proposed", revision: 1 } as const;
  const told = toldOf(row);
  const endings = joinParts(...asked.replaces.map((replaced) => planEnding(replaced, now)));
  return {
    ok: true,
    row,
    ticket: toTicket(row, env, now),
    build: (db) => [
      ...endings.build(db),
      insertApproval(db, proposed),
      updateApproval(db, proposed, { status: "pending", updatedAt: now }),
    ],
    consequences: [
      ...endings.consequences,
      { action: "approval.proposed", resource: id, change: boundTo(row), announces: [{ type: "approval.proposed", data: told }] },
      { action: "approval.pending", resource: id, change: {}, announces: [{ type: "approval.pending", data: told }] },
    ],
  };
}

/** Ends an open approval that cannot be used any more: `expired` where its time is over, and `invalidated` where it is for another action. */
export function planEnding(row: ApprovalRow, now: Date): WritePart {
  const status = statusAt(row, now) === "expired" ? "expired" : "invalidated";
  const reason = status === "expired" ? null : "action_changed";
  const type = `approval.${status}` as const;
  return {
    build: (db) => [updateApproval(db, row, { status, reason, updatedAt: now })],
    consequences: [{ action: type, resource: row.id, change: { reason }, announces: [{ type, data: toldOf(row) }] }],
  };
}

type Used = Pick<ApprovalRow, "id" | "grantId" | "agentId" | "invocationId" | "actionDigest" | "previewDigest" | "expiresAt" | "decidedBy">;

/** What became of the call that used an approval up, for the write that says so. Again only where it was unknown. */
export function planEffect(used: Used, consumedBy: string, effect: ApprovalEffect, now: Date): WritePart {
  const type = `approval.effect_${effect}` as const;
  return {
    build: (db) => [effectStatement(db, { id: used.id, invocationId: consumedBy, effect, now })],
    consequences: [
      {
        action: type,
        resource: used.id,
        change: { consumedBy, effect },
        announces: [{ type, data: { ...toldOfDecided(used), consumedBy } }],
      },
    ],
  };
}
