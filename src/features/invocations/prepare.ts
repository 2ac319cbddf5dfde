import type { Proposal } from "../../grants/ledger.ts";
import { newId } from "../../platform/ids.ts";
import { openCredential, type CapabilityGround } from "../capabilities/index.ts";
import type { Course, InvokeContext } from "./course.ts";
import { actionDigestOf, repeatKeyOf } from "./digests.ts";
import { findApproval } from "./find-approval.ts";
import type { Ground } from "./ground.ts";
import { factsOf, judgeRequest } from "./judge-request.ts";
import { pactChecksOf } from "./pact-finding.ts";
import { planRecovery } from "./recovery.ts";
import type { Arguments } from "./schemas.ts";

/** How much later than the upstream's time-out a reservation is overdue: what comes before the call, and the write behind it. */
const graceMs = 30_000;

type Prepared = Omit<Course, "ground" | "verdict"> & { readonly proposal: Proposal };

/** What the ledger is asked, and what is needed once it has answered. */
export async function prepare(context: InvokeContext, ground: Ground, args: Arguments, requestDigest: string): Promise<Prepared> {
  const { now, tenant, box } = context;
  const { grant, mode, policy, capability } = ground;
  const request = judgeRequest(ground, args, now);
  const actionDigest = await actionDigestOf(boundTo(ground), args);
  const approval = findApproval(ground.approvals, { actionDigest, now });
  const opened = mode === "production" ? await openForUse(context, capability) : null;
  const findings = [
    ...request.findings,
    ...(approval.fault === null ? [] : [approval.fault]),
    ...(opened === "unavailable" ? (["credential_unavailable"] as const) : []),
  ];
  const { costMicros } = request;
  const pactChecks = await pactChecksOf(request.pacts);
  const attempt = { ...attemptOf(ground), requestDigest, actionDigest, pactChecks, costMicros, at: now.getTime() };
  const { budget, ratePerMinute } = grant;
  const input = { facts: factsOf(ground, args, now), costMicros, budget, ratePerMinute };
  const usable = approval.usable === null ? null : { id: approval.usable.id };
  const { versionNumber: number, versionDigest: digest } = ground.agent;
  const known = { attempt, agentVersion: { number, digest }, approvalId: usable?.id ?? null };
  const deadlineMs = now.getTime() + capability.definition.timeoutMs + graceMs;
  const proposal: Proposal = {
    ...{ orgId: tenant.orgId, grantId: grant.id, invocationId: attempt.id, at: attempt.at, mode, basis: ground.basis },
    idempotencyKey: await repeatKeyOf(tenant.actor, tenant.repeatable?.key ?? null),
    ...{ terms: policy.terms, ...input, findings, approval: usable, deadlineMs },
    recovery: mode === "production" ? await planRecovery(box, input, known) : null,
  };
  return { request, attempt, input, approval, credential: opened === "unavailable" ? null : opened, deadlineMs, proposal };
}

const boundTo = ({ grant, agent, capability, policy }: Ground) => ({
  ...{ grantId: grant.id, agentId: agent.id, agentVersionDigest: agent.versionDigest },
  ...{ capability, policy },
});

const attemptOf = ({ grant, agent, capability, policy, mode, basis }: Ground) => ({
  ...{ id: newId("invocation"), grantId: grant.id, agentId: agent.id, capabilityId: capability.id, mode, basis },
  policy: { id: policy.id, version: policy.version, digest: policy.digest },
  counterparty: capability.definition.counterpartyOrgId,
});

/** Opened in production alone: what sends nothing needs no secret. */
async function openForUse({ box }: InvokeContext, capability: CapabilityGround): Promise<string | null | "unavailable"> {
  try {
    return await openCredential(box, capability);
  } catch {
    return "unavailable";
  }
}
