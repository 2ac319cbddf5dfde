import { AlreadyDone } from "../../db/database-fault.ts";
import { joinParts, type WritePart } from "../../db/write-part.ts";
import { askLedger } from "../../grants/ledger-client.ts";
import type { Settled } from "../../grants/ledger.ts";
import { Problem } from "../../http/problem.ts";
import { currentTime } from "../../platform/clock.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { callUpstream } from "../../upstreams/call-upstream.ts";
import type { UpstreamResult } from "../../upstreams/upstream-result.ts";
import { consumeApproval, planEffect, type ApprovalRow } from "../approvals/index.ts";
import { insertSecurityEvents } from "../../access/security-event.ts";
import { updateDrifted } from "../capabilities/index.ts";
import { conclude, type Course, type Ending, type InvokeContext } from "./course.ts";
import { inDoubt } from "./doubt.ts";
import { outcomeOf, type Decided, type Outcome } from "./outcome.ts";
import type { InvokedView } from "./schemas.ts";

/** What is left of a reservation's time for the write behind the call; without it nothing is sent. */
const writeMs = 10_000;

/**
 * Sends what was decided for and reserved, once. An approval is used up first, in a write of its own: whoever comes second sends nothing. From
 * then on nothing is tried again but the write, and where that fails the ledger's alarm receipts the call as unknown.
 */
export async function send(context: InvokeContext, course: Course, decided: Decided): Promise<InvokedView> {
  const used = decided.reasons.includes("approved") ? course.approval.usable : null;
  if (used !== null) await useUp(context, course, used);
  const outcome = outcomeOf(decided, await callOnce(context, course));
  const answer = await recordSent(context, course, endingOf(course, outcome, used));
  if (outcome.settled !== null) settleLater(context, course, outcome.settled);
  return answer;
}

async function useUp({ env, requestId, meter, tenant }: InvokeContext, course: Course, row: ApprovalRow): Promise<void> {
  const { id: invocationId, actionDigest } = course.attempt;
  // Not when the request came: the ledger may have answered late, and the approval be over since.
  const now = currentTime();
  try {
    await consumeApproval({ env, requestId, meter, now }, { orgId: tenant.orgId, row, actionDigest, invocationId });
  } catch (thrown) {
    // Whatever became of the write, nothing is sent after this. Where it may have used the approval up, that is receipted by the alarm.
    const isRefused = thrown instanceof Problem && thrown.code === "state_conflict";
    await tellLedger(env, tenant.orgId, course, (ledger) =>
      isRefused ? ledger.settle(invocationId, "released") : ledger.unsent(invocationId),
    );
    throw thrown;
  }
}

async function callOnce({ env }: InvokeContext, course: Course): Promise<UpstreamResult> {
  const { ground, request, attempt, credential, deadlineMs } = course;
  const { definition } = ground.capability;
  const { plan } = request;
  if (!plan.ok) throw new Error("what cannot be sent was decided for");
  const leftMs = deadlineMs - currentTime().getTime();
  if (leftMs < definition.timeoutMs + writeMs) return { kind: "not_sent", reason: "upstream_unreachable", latencyMs: 0 };
  return callUpstream(env, { definition, call: plan.call, credential, invocationId: attempt.id });
}

function endingOf({ ground, attempt, credential }: Course, outcome: Outcome, used: ApprovalRow | null): Ending {
  const now = currentTime();
  const { id: capabilityId, version } = ground.capability;
  const { drifted } = outcome;
  const parts: WritePart[] = [];
  if (used !== null) parts.push(planEffect(used, attempt.id, outcome.effect ?? "failed", now));
  if (drifted !== null) parts.push(planDrift({ id: capabilityId, version, digest: drifted, at: now }));
  if (credential !== null) {
    const use = { kind: "sealed_credential_used", credential: capabilityId, at: now, count: 1 } as const;
    parts.push({ build: (db) => [insertSecurityEvents(db, [use])], consequences: [] });
  }
  return { outcome, approval: used, ticket: null, ...joinParts(...parts) };
}

type Drift = Parameters<typeof updateDrifted>[1];

/** The tool is another one than was pinned: the capability says so from now on. */
const planDrift = (drift: Drift): WritePart => ({
  build: (db) => [updateDrifted(db, drift)],
  consequences: [{ action: "capability.drifted", resource: drift.id, change: { digest: drift.digest } }],
});

/** Where it cannot be written, it is in doubt: whoever would try again must not take it for undone. */
async function recordSent(context: InvokeContext, course: Course, ending: Ending): Promise<InvokedView> {
  const { id: invocationId } = course.attempt;
  try {
    return await conclude(context, course, ending);
  } catch (thrown) {
    log("error", "invocation_unrecorded", { requestId: context.requestId, orgId: context.tenant.orgId, invocationId });
    throw thrown instanceof AlreadyDone ? thrown : inDoubt(invocationId, describeFault(thrown));
  }
}

/** Where it is lost, the ledger's alarm finds out from the rows. */
async function tellLedger(
  env: InvokeContext["env"],
  orgId: string,
  { attempt: { id: invocationId, grantId } }: Course,
  tell: Parameters<typeof askLedger<void>>[2],
): Promise<void> {
  try {
    await askLedger(env, { orgId, grantId }, tell);
  } catch {
    log("warn", "invocation_unsettled", { orgId, invocationId });
  }
}

/** Not waited for. */
const settleLater = ({ env, tenant, waitUntil }: InvokeContext, course: Course, settled: Settled): void =>
  waitUntil(tellLedger(env, tenant.orgId, course, (ledger) => ledger.settle(course.attempt.id, settled)));
