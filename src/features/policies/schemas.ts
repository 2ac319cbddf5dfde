import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { grantModes } from "../../grants/mode.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { decisionReasons, policyEffects } from "../../policies/decision.ts";
import { PolicyTerms } from "../../policies/policy.ts";

const CapabilityId = z.string().regex(idPattern("capability"));
const Terms = PolicyTerms.openapi("PolicyTerms");
const Version = z.int().min(1);
const Time = z.iso.datetime();
const Digest = z.string().regex(digestPattern);

export const CreatePolicyBody = z
  .strictObject({ capabilityId: CapabilityId, name: z.string().trim().min(1).max(200), terms: Terms })
  .openapi("CreatePolicy");
export type PolicyInput = z.output<typeof CreatePolicyBody>;

export const NewPolicyVersionBody = z.strictObject({ terms: Terms }).openapi("NewPolicyVersion");
export const ActivatePolicyBody = z.strictObject({ version: Version }).openapi("ActivatePolicy");
export const PolicyParams = z.object({ policyId: z.string().regex(idPattern("policy")) });
export const ListPoliciesQuery = z.object({ ...pageQuery, capabilityId: CapabilityId.optional() });
export const ListPolicyVersionsQuery = z.object(pageQuery);

export const PolicyVersion = z
  .object({
    policyId: z.string(),
    version: z.int(),
    terms: Terms,
    digest: Digest.openapi({ description: "SHA-256 of the terms in RFC 8785 form." }),
    capabilityVersion: z.int().openapi({ description: "The capability's version that the rules were type-checked against." }),
    createdBy: z.string(),
    createdAt: Time,
  })
  .openapi("PolicyVersion");
export type PolicyVersionView = z.input<typeof PolicyVersion>;

const head = {
  id: z.string(),
  capabilityId: z.string(),
  name: z.string(),
  activeVersion: z.int().nullable().openapi({ description: "The version in force; null where none is, and then everything is denied." }),
  latestVersion: z.int(),
  activation: z.int().openapi({ description: "How often a version was put in force." }),
  createdAt: Time,
  updatedAt: Time,
};
export const PolicyHead = z.object(head).openapi("PolicyHead");
export type PolicyHeadView = z.input<typeof PolicyHead>;
export const Policy = z.object({ ...head, active: PolicyVersion.nullable(), latest: PolicyVersion }).openapi("Policy");
export type PolicyView = z.input<typeof Policy>;
export const PolicyPage = pageOf(PolicyHead).openapi("PolicyPage");
export const PolicyVersionPage = pageOf(PolicyVersion).openapi("PolicyVersionPage");

export const ActivatedPolicy = z
  .object({
    ...head,
    grantsLeavingProduction: z.int().openapi({
      description:
        "Active grants that were promoted for what was in force until now: from their next call on they simulate, until they are promoted again. Some may simulate already, for another reason.",
    }),
  })
  .openapi("ActivatedPolicy");
export type ActivatedPolicyView = z.input<typeof ActivatedPolicy>;

const mostReplayed = 200;
export const SimulatePolicyBody = z
  .strictObject({
    version: Version.optional(),
    terms: Terms.optional(),
    grantId: z.string().regex(idPattern("grant")).optional().openapi({ description: "Only what was decided for this grant." }),
    limit: z.int().min(1).max(mostReplayed).default(50).openapi({ description: "How many recorded decisions, the newest first." }),
  })
  .refine(({ version, terms }) => (version === undefined) !== (terms === undefined), "Give a version of the policy or terms, and not both.")
  .openapi("SimulatePolicy");
export type SimulationInput = z.output<typeof SimulatePolicyBody>;

const Decided = z.object({
  decision: z.enum(policyEffects),
  reasons: z.array(z.enum(decisionReasons)).readonly(),
  ruleIds: z.array(z.string()).readonly(),
});
const Tally = z.object({ allow: z.int(), deny: z.int(), require_approval: z.int() });

/** Why the candidate's decision over a recorded one cannot be told. */
export const undecidedReasons = ["input_unreadable", "work_exceeded"] as const;

export const PolicySimulation = z
  .object({
    policyId: z.string(),
    version: z.int().nullable().openapi({ description: "The candidate's version; null where terms were given." }),
    digest: Digest.openapi({ description: "SHA-256 of the candidate's terms in RFC 8785 form." }),
    counts: z.object({
      recorded: z.int(),
      unchanged: z.int().openapi({ description: "The same decision, whatever the rules are that it is due to." }),
      changed: z.int(),
      undecided: z.int().openapi({ description: "The candidate's decision cannot be told: neither changed nor unchanged." }),
    }),
    before: Tally.openapi({ description: "Of what could be decided: what was decided." }),
    after: Tally.openapi({ description: "Of the same: what the candidate decides." }),
    changed: z.array(
      z.object({
        invocationId: z.string(),
        grantId: z.string(),
        mode: z.enum(grantModes),
        policyVersion: z.int().openapi({ description: "The version that decided then." }),
        decidedAt: Time,
        before: Decided,
        after: Decided,
      }),
    ),
    undecided: z.array(z.object({ invocationId: z.string(), reason: z.enum(undecidedReasons) })),
  })
  .openapi("PolicySimulation");
export type PolicySimulationView = z.input<typeof PolicySimulation>;
