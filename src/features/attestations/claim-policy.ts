import { z } from "zod";
import { idPattern } from "../../platform/ids.ts";
import { dimensionNames, type Dimension } from "../../scores/names.ts";
import { attestationKinds, maxLifetimeDays, type AttestationKind } from "./attestation.ts";

const Rule = z.strictObject({
  /** Whom it is about. */
  agents: z.union([
    z.literal("all"),
    z
      .array(z.string().regex(idPattern("agent")))
      .min(1)
      .max(1000),
  ]),
  statements: z.array(z.enum(attestationKinds)).min(1),
  /** Dimensions of a score whose figures may be shown. */
  dimensions: z.union([z.literal("all"), z.array(z.enum(dimensionNames))]).default("all"),
  /** Whether digests of the evidence may be shown. */
  evidenceDigests: z.boolean().default(false),
  maxLifetimeDays: z.int().min(1).max(maxLifetimeDays),
  /** Who may ask: keys of the whole organization, keys that are bound to the agent itself, or both. */
  requestedBy: z.array(z.enum(["organization", "agent"])).min(1),
});

/** What an organization's operators allow to be attested: a claim needs one rule that allows all of it, and what no rule allows is refused. */
export const ClaimPolicy = z.strictObject({ rules: z.array(Rule).max(100) });
export type ClaimPolicy = z.output<typeof ClaimPolicy>;

/** What is asked for, as far as the policy decides on it. */
export type Claim = {
  readonly agentId: string;
  readonly kind: AttestationKind;
  /** Empty for what is not about dimensions. */
  readonly dimensions: readonly Dimension[];
  readonly evidenceDigests: boolean;
  readonly lifetimeDays: number;
  readonly requester: "organization" | "agent";
};

type Rule = ClaimPolicy["rules"][number];

const allows = (rule: Rule, claim: Claim): boolean =>
  (rule.agents === "all" || rule.agents.includes(claim.agentId)) &&
  rule.statements.includes(claim.kind) &&
  claim.dimensions.every((dimension) => rule.dimensions === "all" || rule.dimensions.includes(dimension)) &&
  (rule.evidenceDigests || !claim.evidenceDigests) &&
  claim.lifetimeDays <= rule.maxLifetimeDays &&
  rule.requestedBy.includes(claim.requester);

/** The part of a policy that concerns one agent, the others left out of it. */
export const policyFor = ({ rules }: ClaimPolicy, agentId: string): ClaimPolicy => ({
  rules: rules.flatMap((rule) => {
    if (rule.agents === "all") return [rule];
    return rule.agents.includes(agentId) ? [{ ...rule, agents: [agentId] }] : [];
  }),
});

export type ClaimVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: "no_policy" | "no_rule_allows_it" };

/** Whether a claim is within the policy. No policy allows nothing. */
export function judgeClaim(policy: ClaimPolicy | null, claim: Claim): ClaimVerdict {
  if (policy === null) return { ok: false, reason: "no_policy" };
  return policy.rules.some((rule) => allows(rule, claim)) ? { ok: true } : { ok: false, reason: "no_rule_allows_it" };
}
