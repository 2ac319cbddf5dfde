import { currentTime } from "../../platform/clock.ts";
import type { TenantWriter } from "../../db/tenant-db.ts";
import type { WritePart } from "../../db/write-part.ts";
import type { Environment } from "../../env.ts";
import { planReceipt, writeChained, type ReceiptGround, type ReceiptView } from "../receipts/index.ts";
import { receiptOf, rowOf, type Recorded } from "./recorded.ts";
import { insertInvocation } from "./store.ts";

type RecordedAction = "grant.invoked" | "invocation.recovered";
type Into = { readonly env: Environment; readonly tenant: TenantWriter<RecordedAction> };
type Told = {
  readonly action: RecordedAction;
  readonly ground: ReceiptGround;
  readonly recorded: Recorded;
  /** What else the same write brings about. */
  readonly beside: WritePart;
};

/**
 * Writes an invocation and its receipt in one round trip, and says what the receipt is. Where another receipt of the agent came first, this
 * alone is done again: nothing is ever sent twice. `answerOf` gives what a repeat of the request gets.
 */
export async function record<A extends object | null>(
  { env, tenant }: Into,
  { action, ground, recorded, beside }: Told,
  answerOf: (receipt: ReceiptView) => A,
): Promise<A> {
  const { attempt, outcome, approval } = recorded;
  const facts = await receiptOf(recorded);
  return writeChained(ground.head, async (head) => {
    const receipt = await planReceipt({ env, tenant, now: currentTime() }, { ...ground, head }, facts, {
      invocationId: attempt.id,
      status: outcome.status,
      decision: outcome.decision,
      reasons: outcome.reasons,
      effect: outcome.effect,
      requestDigest: attempt.requestDigest,
      approvalId: approval?.id ?? null,
      costMicros: attempt.costMicros,
    });
    const answer = answerOf(receipt.view);
    const resource = action === "grant.invoked" ? attempt.grantId : attempt.id;
    await tenant.write({ action, resource, change: receipt.change, answer, consequences: beside.consequences }, (db) => [
      ...receipt.statements(db),
      insertInvocation(db, rowOf(recorded, receipt.view.id)),
      ...beside.build(db),
    ]);
    return { answer, head: receipt.view };
  });
}
