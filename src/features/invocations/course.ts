import { joinParts, type WritePart } from "../../db/write-part.ts";
import type { Verdict } from "../../grants/ledger.ts";
import { sealInput, toRecordedInput, type UndecidedInput } from "../../grants/recorded-input.ts";
import type { WriteContext } from "../../http/operation.ts";
import { planEnding, type ApprovalTicketView } from "../approvals/index.ts";
import type { ReceiptView } from "../receipts/index.ts";
import type { FoundApproval } from "./find-approval.ts";
import type { Ground } from "./ground.ts";
import type { Request } from "./judge-request.ts";
import type { Outcome } from "./outcome.ts";
import { record } from "./record.ts";
import type { UsedApproval } from "./recorded.ts";
import type { Attempt } from "./recovery.ts";
import { labelOf, type InvokedView } from "./schemas.ts";

export type InvokeContext = WriteContext<"grant.invoked">;

/** A request that was decided: what was read for it, what was made of that, and what the ledger said. */
export type Course = {
  readonly ground: Ground;
  readonly request: Request;
  readonly attempt: Attempt;
  readonly input: UndecidedInput;
  readonly approval: FoundApproval;
  readonly credential: string | null;
  readonly verdict: Verdict;
  /** After this, in milliseconds since 1970, the ledger takes it for lost. */
  readonly deadlineMs: number;
};

export type Ending = WritePart & {
  readonly outcome: Outcome;
  readonly approval: UsedApproval | null;
  /** Of the approval that is waited for. */
  readonly ticket: ApprovalTicketView | null;
};

/** Writes how it ended: one round trip. */
export async function conclude({ env, tenant, box }: InvokeContext, course: Course, ending: Ending): Promise<InvokedView> {
  const { attempt, verdict, ground } = course;
  const { outcome, approval } = ending;
  const sealedInput = await sealInput(box, attempt.id, toRecordedInput(course.input, verdict));
  const recorded = { attempt, outcome, approval, budgetShare: verdict.budgetShare, sealedInput };
  const told = { action: "grant.invoked", ground: ground.receipt, recorded, beside: ending } as const;
  return record({ env, tenant }, told, (receipt) => toInvoked(course, ending, receipt));
}

/** Nothing was sent: what was found not to stand any more ends with it, and where it did so meanwhile, all of this is done again. */
export function concludeUnsent(context: InvokeContext, course: Course, outcome: Outcome): Promise<InvokedView> {
  const endings = course.approval.stale.map((row) => planEnding(row, context.now));
  return conclude(context, course, { outcome, approval: null, ticket: null, ...joinParts(...endings) });
}

const toInvoked = ({ attempt, request }: Course, { outcome, ticket }: Ending, receipt: ReceiptView): InvokedView => ({
  invocationId: attempt.id,
  grantId: attempt.grantId,
  mode: attempt.mode,
  label: labelOf(attempt.mode),
  status: outcome.status,
  decision: outcome.decision,
  reasons: [...outcome.reasons],
  ruleIds: [...outcome.ruleIds],
  effect: outcome.effect,
  approval: ticket,
  ...(request.fault === null ? {} : { argumentsFault: request.fault }),
  ...(outcome.result === undefined ? {} : { result: outcome.result }),
  upstreamStatus: outcome.upstreamStatus,
  receipt,
});
