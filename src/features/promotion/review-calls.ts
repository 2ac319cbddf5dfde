import { requirePerson } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem, type FieldError } from "../../http/problem.ts";
import { groundOf, requireGround, selectBasis } from "../grants/index.ts";
import type { ReviewedView, ReviewInput } from "./schemas.ts";
import { selectCalls, updateReviewed } from "./store.ts";

type Call = Awaited<ReturnType<typeof selectCalls>>[number];

/** A person says whether simulated calls would have been right: each once, for good, and all of them or none. */
export async function reviewCalls(
  context: WriteContext<"invocation.reviewed">,
  grantId: string,
  { invocationIds, verdict }: ReviewInput,
): Promise<ReviewedView> {
  const { tenant, principal, now } = context;
  const { actor } = requirePerson(principal);
  const [[found], calls] = await tenant.read((db) => [selectBasis(db, grantId), selectCalls(db, grantId, invocationIds)]);
  const { basis } = await groundOf(requireGround(principal, found));
  const known = new Map(calls.map((call) => [call.id, call]));
  const errors = invocationIds.flatMap((id, index): FieldError[] => {
    const message = whyNotReviewable(known.get(id), basis);
    return message === null ? [] : [{ path: `body.invocationIds.${index}`, message }];
  });
  if (errors.length > 0) throw problem("state_conflict", "not reviewable", { errors });
  const view = { grantId, verdict, reviewed: invocationIds.length, reviewedBy: actor };
  const change = { verdict, invocations: invocationIds };
  const review = { reviewVerdict: verdict, reviewedBy: actor, reviewedAt: now };
  await tenant.write({ action: "invocation.reviewed", resource: grantId, change, answer: view }, (db) => [
    updateReviewed(db, grantId, invocationIds, review),
  ]);
  return view;
}

function whyNotReviewable(call: Call | undefined, basis: string | null): string | null {
  if (call === undefined) return "There is no such call of this grant.";
  if (call.status !== "simulated") return `Only simulated calls are reviewed; this one is ${call.status}.`;
  if (call.basis !== basis) return "It was decided under other versions than the present ones.";
  return call.verdict === null ? null : `It is ${call.verdict} already.`;
}
