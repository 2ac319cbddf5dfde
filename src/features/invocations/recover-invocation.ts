import { selectKeyHistory } from "../../access/current-signer.ts";
import { actAsSystem } from "../../access/system-principal.ts";
import { joinParts } from "../../db/write-part.ts";
import type { Environment } from "../../env.ts";
import type { OverdueEntry, Settled } from "../../grants/ledger.ts";
import { openInput, sealInput, toRecordedInput, UndecidedInput } from "../../grants/recorded-input.ts";
import { currentTime } from "../../platform/clock.ts";
import { planEffect, selectApproval } from "../approvals/index.ts";
import { selectReceiptHead } from "../receipts/index.ts";
import { decidedBy, lost } from "./outcome.ts";
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
 * Writes an invocation that was reserved and never heard of again: it may have been sent, so that its effect is unknown, and nothing sends it
 * again. Where its row is there and only the ledger was not told, the answer says what to tell it. Throws where that cannot be done now.
 */
export async function recoverInvocation(env: Environment, entry: OverdueEntry): Promise<Settled> {
  const { attempt, agentVersion, approvalId, sealedInput } = Recovery.parse(entry.recovery);
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
  const input = UndecidedInput.parse(await openInput(box, attempt.id, sealedInput));
  const recorded = {
    attempt,
    outcome: lost(decidedBy(verdict)),
    budgetShare: verdict.budgetShare,
    approval: approval ?? null,
    sealedInput: await sealInput(box, attempt.id, toRecordedInput(input, verdict)),
  };
  const wasUsed = approval?.consumedBy === attempt.id;
  const beside = wasUsed ? planEffect(approval, attempt.id, "unknown", currentTime()) : joinParts();
  const ground = { head, keyHistory, version: agentVersion };
  await record({ env, tenant }, { action: "invocation.recovered", ground, recorded, beside }, () => null);
  return "unknown";
}
