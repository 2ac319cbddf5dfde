import { joinParts } from "../../db/write-part.ts";
import { planApproval, toTicket, type PreviewFacts } from "../approvals/index.ts";
import { conclude, concludeUnsent, type Course, type InvokeContext } from "./course.ts";
import { denied, pending, type Decided } from "./outcome.ts";
import type { InvokedView } from "./schemas.ts";

/** Has a person asked, or says that one is being asked already: the same request waits once, however often it is repeated. */
export async function askForApproval(context: InvokeContext, course: Course, decided: Decided): Promise<InvokedView> {
  const { env, box, now, tenant } = context;
  const { attempt, approval, ground } = course;
  const outcome = pending(decided);
  const { waiting } = approval;
  if (waiting !== null)
    return conclude(context, course, { outcome, approval: waiting, ticket: toTicket(waiting, env, now), ...joinParts() });
  const preview = previewOf(course, decided);
  if (ground.policy.terms === null || preview === undefined) throw new Error("an approval is required by terms, of what can be sent");
  const plan = await planApproval({
    env,
    box,
    now,
    preview,
    terms: ground.policy.terms,
    replaces: approval.stale,
    requestedBy: tenant.actor,
    grantId: attempt.grantId,
    agentId: attempt.agentId,
    invocationId: attempt.id,
    requestDigest: attempt.requestDigest,
    actionDigest: attempt.actionDigest,
  });
  if (!plan.ok) return concludeUnsent(context, course, denied({ ...decided, reasons: [plan.reason] }));
  const { row, ticket, build, consequences } = plan;
  return conclude(context, course, { outcome, approval: row, ticket, build, consequences });
}

function previewOf({ ground, request }: Course, { ruleIds }: Decided): PreviewFacts | undefined {
  const { capability, agent, policy, grant } = ground;
  const { plan, costMicros } = request;
  if (!plan.ok) return undefined;
  const { call } = plan;
  const { cost } = capability.definition;
  return {
    capability: { id: capability.id, name: capability.name, version: capability.version },
    call: call.kind === "http" ? { ...call, body: call.body ?? undefined } : { kind: "mcp", url: call.url, tool: call.tool },
    arguments: request.arguments,
    agent: { id: agent.id, name: agent.name, versionNumber: agent.versionNumber },
    policy: { id: policy.id, name: policy.name, version: policy.version, ruleIds },
    grant: { id: grant.id },
    cost: cost === null || costMicros === null ? null : { micros: costMicros, currency: cost.currency },
  };
}
