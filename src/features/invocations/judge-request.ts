import type { DecisionReason } from "../../policies/decision.ts";
import { timeFacts, type DecisionFacts } from "../../policies/facts.ts";
import { costOf } from "../../upstreams/cost.ts";
import { checkArguments, planCall, type CallPlan } from "../../upstreams/plan-call.ts";
import type { Ground } from "./ground.ts";
import { judgeByPacts, type PactFinding } from "./pact-finding.ts";
import type { Arguments } from "./schemas.ts";

/** Where the arguments are not what the capability takes: a JSON Pointer, and what is wrong there. */
export type ArgumentsFault = { readonly at: string; readonly detail: string };

export type Request = {
  readonly arguments: Arguments;
  readonly plan: CallPlan;
  readonly fault: ArgumentsFault | null;
  /** Null where the capability has no price, or its price cannot be told: that is a finding. */
  readonly costMicros: number | null;
  /** All that speaks against it beside the policy, the limits and its approval. */
  readonly findings: readonly DecisionReason[];
  readonly pacts: PactFinding;
};

/** What can be said of a request before its ledger is asked: pure, and of what was read alone. */
export function judgeRequest(ground: Ground, args: Arguments, now: Date): Request {
  const { definition } = ground.capability;
  const checked = checkArguments(definition, args);
  const plan = planCall(definition, args);
  const cost = costOf(definition, args);
  const fault = faultOf(checked, plan);
  const pacts = judgePacts(ground, args);
  const findings = [
    ...standingFaults(ground, now),
    ...(fault === null ? costFaults(cost) : (["invalid_arguments"] as const)),
    ...(pacts.fault === null ? [] : [pacts.fault]),
  ];
  return { arguments: args, plan, fault, costMicros: cost === "unknown" ? null : cost, findings, pacts };
}

const costFaults = (cost: ReturnType<typeof costOf>): DecisionReason[] => (cost === "unknown" ? ["cost_unknown"] : []);

function faultOf(checked: ReturnType<typeof checkArguments>, plan: CallPlan): ArgumentsFault | null {
  if (!checked.ok) return { at: checked.at, detail: checked.detail };
  return plan.ok ? null : { at: "", detail: plan.detail };
}

/** What has ended, and what cannot be used. */
function standingFaults({ grant, agent, capability, score }: Ground, now: Date): DecisionReason[] {
  return [
    ...(grant.status === "revoked" ? (["grant_revoked"] as const) : []),
    ...(grant.expiresAt !== null && grant.expiresAt <= now ? (["grant_expired"] as const) : []),
    ...(agent.archivedAt === null ? [] : (["agent_archived"] as const)),
    ...(capability.status === "retired" ? (["capability_retired"] as const) : []),
    ...(capability.definition.credential !== null && capability.sealedCredential === null ? (["credential_unavailable"] as const) : []),
    ...(score === null ? (["score_unavailable"] as const) : []),
  ];
}

const judgePacts = ({ grant, capability, pacts }: Ground, args: Arguments): PactFinding =>
  judgeByPacts(pacts, { toolName: grant.toolName, capabilityName: capability.name, definition: capability.definition }, args);

const unscored = { compositeScore: null, tier: null, confidence: null, status: null } as const;

/** What the policy's rules are evaluated over, but for the counters: the ledger has those. */
export function factsOf(ground: Ground, args: Arguments, now: Date): Omit<DecisionFacts, "counters"> {
  const { grant, agent, capability, mode } = ground;
  const { definition } = capability;
  return {
    action: { capability: capability.id, kind: definition.kind, method: definition.kind === "http" ? definition.method : definition.tool },
    arguments: args,
    agent: { id: agent.id, versionNumber: agent.versionNumber },
    score: ground.score ?? unscored,
    grant: { id: grant.id, expiresAt: grant.expiresAt?.toISOString() ?? null },
    time: timeFacts(now),
    mode,
  };
}
