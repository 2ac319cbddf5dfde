import type { Proposal, Verdict } from "../../grants/ledger.ts";
import { askLedger } from "../../grants/ledger-client.ts";
import { Problem } from "../../http/problem.ts";
import { askForApproval } from "./ask-for-approval.ts";
import { concludeUnsent, type Course, type InvokeContext } from "./course.ts";
import { requestDigestOf } from "./digests.ts";
import { sentBefore } from "./doubt.ts";
import { decidedBy, denied, simulated } from "./outcome.ts";
import { prepare } from "./prepare.ts";
import { readGround, type GrantRef } from "./read-ground.ts";
import type { InvokedView, InvokeInput } from "./schemas.ts";
import { send } from "./send.ts";

/** How often a request is decided anew, where an approval of it changed between the read and the write. Nothing was sent then. */
const mostAttempts = 3;

/**
 * One use of a grant: decided, where that is due sent, and receipted. One round trip before the grant's ledger is asked, and one after it; an
 * approval is used up in one of its own, just before the upstream is called.
 */
export async function invokeGrant(context: InvokeContext, grant: GrantRef, input: InvokeInput): Promise<InvokedView> {
  for (let attempt = 1; ; attempt += 1) {
    const course = await decide(context, grant, input);
    try {
      return await follow(context, course);
    } catch (thrown) {
      const isRace = thrown instanceof Problem && thrown.code === "state_conflict" && !course.verdict.reserved;
      if (!isRace || attempt === mostAttempts) throw thrown;
    }
  }
}

function follow(context: InvokeContext, course: Course): Promise<InvokedView> {
  const { verdict, ground } = course;
  const decided = decidedBy(verdict);
  if (verdict.effect === "deny") return concludeUnsent(context, course, denied(decided));
  if (ground.mode === "simulation") return concludeUnsent(context, course, simulated(decided));
  return verdict.reserved ? send(context, course, decided) : askForApproval(context, course, decided);
}

async function decide(context: InvokeContext, grant: GrantRef, input: InvokeInput): Promise<Course> {
  const requestDigest = await requestDigestOf(input.arguments);
  const ground = await readGround(context, grant, { requestDigest, approvalId: input.approvalId });
  const { proposal, ...prepared } = await prepare(context, ground, input.arguments, requestDigest);
  const verdict = await propose(context, proposal);
  if (verdict.inDoubt !== undefined) throw sentBefore(verdict.inDoubt);
  return { ground, ...prepared, verdict };
}

/** Asks the grant's ledger: one call. Where it does not answer nothing is sent, so that nothing stays reserved either. */
async function propose({ env, waitUntil }: InvokeContext, proposal: Proposal): Promise<Verdict> {
  try {
    return await askLedger(env, proposal, (ledger) => ledger.propose(proposal));
  } catch (thrown) {
    const giveBack = askLedger(env, proposal, (ledger) => ledger.settle(proposal.invocationId, "released"));
    waitUntil(giveBack.catch(() => undefined));
    throw thrown;
  }
}
