import { selectKeyHistory } from "../../access/current-signer.ts";
import { openStatement } from "../../crypto/statement/open-statement.ts";
import { invocations } from "../../db/schema/invocations.ts";
import { joinParts } from "../../db/write-part.ts";
import { askLedger } from "../../grants/ledger-client.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { planEffect, selectApproval, type ApprovalRow } from "../approvals/index.ts";
import { planReceipt, selectReceipt, selectReceiptHead, writeChained, type ReceiptFacts, type ReceiptGround } from "../receipts/index.ts";
import type { InvocationView, SettleInput } from "./schemas.ts";
import { fieldOfInvocation, selectInvocation, updateSettled, type InvocationRow } from "./store.ts";
import { toInvocation } from "./view.ts";

type Context = WriteContext<"invocation.settled">;
type Known = SettleInput["effect"];

/**
 * A person says what came of an effect that was unknown: that is receipted, and the budget is used or given back. Asked for the same again, the
 * ledger is told once more and nothing else is done.
 */
export async function settleInvocation(context: Context, id: string, { effect }: SettleInput): Promise<InvocationView> {
  const { tenant, env } = context;
  const ground = await readGround(context, id);
  const { row } = ground;
  const isSettled = row.settledBy !== null && row.effect === effect;
  if (row.effect !== "unknown" && !isSettled) throw problem("state_conflict", `the effect is ${row.effect ?? "none"}`);
  const view = isSettled ? toInvocation(row) : await writeSettled(context, ground, effect);
  const settled = effect === "confirmed" ? "spent" : "released";
  await askLedger(env, { orgId: tenant.orgId, grantId: row.grantId }, (ledger) => ledger.settle(id, settled));
  return view;
}

type Ground = {
  readonly row: InvocationRow;
  readonly receipt: ReceiptGround;
  readonly counterparty: string | null;
  readonly approval: ApprovalRow | undefined;
};

async function readGround({ tenant }: Context, id: string): Promise<Ground> {
  const of = (column: Parameters<typeof fieldOfInvocation>[2]) => fieldOfInvocation(tenant.orgId, id, column);
  const [[row], [sent], [head], [keyHistory], [approval]] = await tenant.read((db) => [
    selectInvocation(db, id),
    selectReceipt(db, of(invocations.receiptId)),
    selectReceiptHead(db, of(invocations.agentId)),
    selectKeyHistory(db),
    selectApproval(db, of(invocations.approvalId)),
  ]);
  if (row === undefined || sent === undefined) throw problem("not_found", "no such invocation");
  return { row, receipt: { head, keyHistory }, counterparty: await counterpartyOf(sent.statement), approval };
}

/** Who was on the other side, as the receipt of the call itself says: the capability may name another one by now. */
async function counterpartyOf(statement: string): Promise<string | null> {
  const opening = await openStatement(statement);
  const counterparty = opening.ok ? opening.opened.statement.predicate["counterparty"] : null;
  return typeof counterparty === "string" ? counterparty : null;
}

function writeSettled({ env, tenant, now }: Context, { row, receipt: ground, counterparty, approval }: Ground, effect: Known) {
  const settled = {
    id: row.id,
    revision: row.revision,
    effect,
    settledBy: tenant.actor,
    settledAt: now,
    status: effect === "confirmed" ? "executed" : "failed",
  } as const;
  const view = toInvocation({ ...row, ...settled });
  const wasUsed = approval?.consumedBy === row.id;
  const { build, consequences } = wasUsed ? planEffect(approval, row.id, effect, now) : joinParts();
  return writeChained(ground.head, async (head) => {
    const change = { effect, settled: row.receiptId };
    const receipt = await planReceipt({ env, tenant, now }, { ...ground, head }, factsOf(row, counterparty, effect), change);
    const event = { action: "invocation.settled", resource: row.id, change: receipt.change, answer: view, consequences } as const;
    await tenant.write(event, (db) => [...receipt.statements(db), updateSettled(db, settled), ...build(db)]);
    return { answer: view, head: receipt.view };
  });
}

/** A person's word on the same action; the rules that decided over the call stand in the receipt of that. */
const factsOf = (row: InvocationRow, counterparty: string | null, effect: Known): ReceiptFacts => ({
  action: {
    name: "invocation.settle",
    digest: row.actionDigest,
  },
  about: row.id,
  mode: row.mode,
  policy: null,
  approval: null,
  outcome: null,
  intent: null,
  counterparty,
  ...(effect === "confirmed"
    ? {
        disposition: "executed",
        effect: "confirmed",
      }
    : {
        disposition: "errored",
        effect: "attempted",
      }),
});
