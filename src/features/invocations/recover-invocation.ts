import { selectKeyHistory } from "../../access/current-signer.ts";
import { actAsSystem } from "../../access/system-principal.ts";
import { joinParts } from "../../db/write-part.ts";
import type { Environment } from "../../env.ts";
import type { OverdueEntry, Settled } from "../../grants/ledger.ts";
import { openInput, sealInput, toRecordedInput, UndecidedInput } from "../../grants/recorded-input.ts";
import { currentTime } from "../../platform/clock.ts";
import { planEffect, selectApproval } from "../approvals/index.ts";
import { selectReceiptHead } from "../receipts/index.ts";
import { decidedBy, lost, unsentAfterAll } from "./outcome.ts";
import { record } from "./record.ts";
import { Recovery } from "./recovery.ts";
import { selectInvocation, type InvocationRow } from "./store.ts";

const settledBy: Readonly<Record<InvocationRow["status"], Settled>> = {
  executed: "spent",
  unknown: "unknown",
  failed: "released",
  denied: "released",
  simulated: "released",
  pending: "released",
};

/**
 * Writes an invocation that was reserved and never heard of again. It may have been sent, so that its effect is unknown, and nothing sends it
 * again; where it is certain that it was not, it has failed. Where its row is there and only the ledger was not told, the answer says what to
 * tell it. Throws where that cannot be done now.
 */
export async function recoverInvocation(env: Environment, entry: OverdueEntry): Promise<Settled> {
  const { attempt, agentVersion, approvalId, sealedInput, unsent } = Recovery.parse(entry.recovery);
  const { tenant, openBox } = await actAsSystem(env, entry.orgId, "system:grants");
  const [[row], [head], [keyHistory], [approval]] = await tenant.read((db) => [
    selectInvocation(db, attempt.id),
    selectReceiptHead(db, attempt.agentId),
    selectKeyHistory(db),
    selectApproval(db, approvalId ?? ""),
  ]);
  if (row !== undefined) return settledBy[row.status];
  const box = openBox();
  const { verdict } = entry;
  const used = verdict.reasons.includes("approved") ? approval : undefined;
  const wasUsedUp = used?.consumedBy === attempt.id;
  // An approval is used up before anything is sent, and nothing is sent after the deadline: where it is not by now, nothing was.
  const wasSent = !unsent && (used === undefined || wasUsedUp);
  const input = UndecidedInput.parse(await openInput(box, attempt.id, sealedInput));
  const recorded = {
    attempt,
    outcome: (wasSent ? lost : unsentAfterAll)(decidedBy(verdict)),
    budgetShare: verdict.budgetShare,
    approval: used ?? null,
    sealedInput: await sealInput(box, attempt.id, toRecordedInput(input, verdict)),
  };
  const beside = wasUsedUp ? planEffect(used, attempt.id, wasSent ? "unknown" : "failed", currentTime()) : joinParts();
  const ground = { head, keyHistory, version: agentVersion };
  await record({ env, tenant }, { action: "invocation.recovered", ground, recorded, beside }, () => null);
  return wasSent ? "unknown" : "released";
}
