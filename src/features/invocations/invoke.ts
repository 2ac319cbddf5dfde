import type { Verdict } from "../../grants/ledger.ts";
import { ledgerOf } from "../../grants/ledger-client.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { openCredential } from "../capabilities/index.ts";
import { askForApproval } from "./ask-for-approval.ts";
import { concludeUnsent, type Course, type InvokeContext } from "./course.ts";
import { actionDigestOf, repeatKeyOf, requestDigestOf } from "./digests.ts";
import { sentBefore } from "./doubt.ts";
import { findApproval } from "./find-approval.ts";
import type { Ground } from "./ground.ts";
import { factsOf, judgeRequest } from "./judge-request.ts";
import { decidedBy, denied, simulated } from "./outcome.ts";
import { readGround } from "./read-ground.ts";
import type { Attempt } from "./recorded.ts";
import { sealForRecovery } from "./recovery.ts";
import type { InvokedView, InvokeInput } from "./schemas.ts";
import { send } from "./send.ts";

/** How often a request is decided anew, where an approval of it changed between the read and the write. Nothing was sent then. */
const attempts = 3;
/** How much later than the upstream's time-out a reservation is overdue: what comes before the call, and the write behind it. */
const graceMs = 30_000;

/**
 * One use of a grant: decided, where that is due sent, and receipted. One round trip before the grant's ledger is asked, and one after it; an
 * approval is used up in one of its own, just before the upstream is called.
 */
export async function invoke(context: InvokeContext, grantId: string, input: InvokeInput): Promise<InvokedView> {
  for (let attempt = 1; ; attempt += 1) {
    const course = await decide(context, grantId, input);
    try {
      return await conclude(context, course);
    } catch (thrown) {
      const isRace = thrown instanceof Problem && thrown.code === "state_conflict" && !course.verdict.reserved;
      if (!isRace || attempt === attempts) throw thrown;
    }
  }
}

function conclude(context: InvokeContext, course: Course): Promise<InvokedView> {
  const { verdict, ground } = course;
  const decided = decidedBy(verdict);
  if (verdict.effect === "deny") return concludeUnsent(context, course, denied(decided));
  if (ground.mode === "simulation") return concludeUnsent(context, course, simulated(decided));
  if (verdict.effect === "require_approval") return askForApproval(context, course, decided);
  return send(context, course, decided);
}

async function decide(context: InvokeContext, grantId: string, input: InvokeInput): Promise<Course> {
  const { now, tenant } = context;
  const requestDigest = await requestDigestOf(grantId, input.arguments);
  const ground = await readGround(context, grantId, { requestDigest, approvalId: input.approvalId });
  const request = judgeRequest(ground, input.arguments, now);
  const actionDigest = await actionDigestOf(boundOf(ground), input.arguments);
  const attempt = { ...attemptOf(ground, now), requestDigest, actionDigest, costMicros: request.costMicros };
  const approval = findApproval(ground.approvals, { actionDigest, now });
  const credential = ground.mode === "production" ? await credentialOf(context, ground) : null;
  const facts = factsOf(ground, input.arguments, now);
  const findings = [
    ...request.findings,
    ...(approval.fault === null ? [] : [approval.fault]),
    ...(credential === "unavailable" ? (["credential_unavailable"] as const) : []),
  ];
  const { grant, capability, mode, policy } = ground;
  const proposal = {
    ...{ orgId: tenant.orgId, grantId, invocationId: attempt.id, at: now.getTime(), mode, basis: ground.basis },
    idempotencyKey: await repeatKeyOf(tenant.actor, tenant.idempotencyKey),
    ...{ terms: policy.terms, facts, findings },
    approval: approval.usable === null ? null : { id: approval.usable.id },
    ...{ budget: grant.budget, ratePerMinute: grant.ratePerMinute, costMicros: request.costMicros },
    deadlineMs: now.getTime() + capability.definition.timeoutMs + graceMs,
  };
  const recovery = mode === "simulation" ? null : await sealForRecovery(context.box, { attempt, ground, approval: approval.usable, facts });
  const verdict = await propose(context, { ...proposal, recovery });
  if (verdict.inDoubt !== undefined) throw sentBefore(verdict.inDoubt);
  const opened = credential === "unavailable" ? null : credential;
  return { ground, request, attempt, approval, verdict, facts, credential: opened, deadlineMs: proposal.deadlineMs };
}

/** Asks the grant's ledger: one call. Where it does not answer nothing is sent, so that nothing stays reserved either. */
async function propose({ env, waitUntil }: InvokeContext, proposal: Parameters<ReturnType<typeof ledgerOf>["propose"]>[0]): Promise<Verdict> {
  const ledger = ledgerOf(env, proposal.orgId, proposal.grantId);
  try {
    return await ledger.propose(proposal);
  } catch (fault) {
    waitUntil(Promise.resolve(ledger.settle(proposal.invocationId, "released")).catch(() => undefined));
    throw problem("unavailable", `the grant's ledger did not answer: ${String(fault)}`);
  }
}

async function credentialOf({ box }: InvokeContext, { capability }: Ground): Promise<string | null | "unavailable"> {
  try {
    return await openCredential(box, capability);
  } catch {
    return "unavailable";
  }
}
