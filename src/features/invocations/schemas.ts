import { z } from "@hono/zod-openapi";
import { AnyJson } from "../../expressions/any-json.ts";
import { invocationEffects, invocationStatuses, JudgedCondition, reviewVerdicts } from "../../grants/invocation.ts";
import { grantModes } from "../../grants/mode.ts";
import { toolNamePattern } from "../../grants/tool-name.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { decisionReasons, policyEffects } from "../../policies/decision.ts";
import { ApprovalTicket } from "../approvals/index.ts";
import { Receipt } from "../receipts/index.ts";

const Time = z.iso.datetime();
const AgentId = z.string().regex(idPattern("agent"));
const GrantId = z.string().regex(idPattern("grant"));

export const InvokeToolParams = z.object({ toolName: z.string().regex(toolNamePattern) });
export const InvokeParams = z.object({ grantId: GrantId });
export const InvocationParams = z.object({ invocationId: z.string().regex(idPattern("invocation")) });

export const InvokeBody = z
  .strictObject({
    arguments: z.record(z.string(), AnyJson).openapi({ description: "As the capability's schema asks." }),
    approvalId: z.string().regex(idPattern("approval")).optional().openapi({
      description: "The approval to use. Left out, one that was given for this very request is found by itself.",
    }),
  })
  .openapi("Invoke");
export type InvokeInput = z.output<typeof InvokeBody>;
export type Arguments = InvokeInput["arguments"];

const simulationLabel = "simulation: nothing was sent";
export const labelOf = (mode: (typeof grantModes)[number]): typeof simulationLabel | null =>
  mode === "simulation" ? simulationLabel : null;

const UpstreamStatus = z.int().nullable().openapi({ description: "The HTTP status of the upstream's answer; null where there is none." });

/** What every view of an invocation says of the decision. */
const decided = {
  mode: z.enum(grantModes),
  label: z.literal(simulationLabel).nullable(),
  status: z.enum(invocationStatuses).openapi({
    description:
      "`denied`: decided against. `pending`: waits for a person. `simulated`: decided for, and nothing was sent. `executed`: the upstream confirmed it. `failed`: the upstream refused it, or could not be reached. `unknown`: it was sent, and nobody knows what came of it; nothing sends it again.",
  }),
  decision: z.enum(policyEffects),
  reasons: z.array(z.enum(decisionReasons)).openapi({
    description: "Why, the decisive one first. All but `allowed_by_rule`, `approval_required` and `approved` are reasons of a denial.",
  }),
  ruleIds: z.array(z.string()).openapi({ description: "Of the rules that decided." }),
  effect: z.enum(invocationEffects).nullable().openapi({ description: "What is known of the effect; null where nothing was sent." }),
};

export const Invoked = z
  .object({
    invocationId: z.string(),
    grantId: z.string(),
    ...decided,
    approval: ApprovalTicket.nullable().openapi({ description: "Where a person is to decide first: call again once it is `approved`." }),
    argumentsFault: z
      .object({
        at: z.string().openapi({ description: "A JSON Pointer into the arguments; empty for all of them." }),
        detail: z
          .string()
          .openapi({ description: "The schema's keyword that does not hold, such as `required`; or what is wrong, in words." }),
      })
      .optional()
      .openapi({ description: "With the reason `invalid_arguments`: where they are not what the capability takes." }),
    result: AnyJson.optional().openapi({
      description: "What the upstream answered, without its credential; absent where it did not answer.",
    }),
    upstreamStatus: UpstreamStatus,
    receipt: Receipt,
  })
  .openapi("Invoked");
export type InvokedView = z.input<typeof Invoked>;

export const Invocation = z
  .object({
    id: z.string(),
    grantId: z.string(),
    agentId: z.string(),
    capabilityId: z.string(),
    ...decided,
    pactChecks: z.array(JudgedCondition).openapi({
      description:
        "What the agent's active pacts said of the arguments, condition by condition: with the reason `pact_violated`, which one is not `kept`.",
    }),
    policyId: z.string(),
    policyVersion: z.int().openapi({ description: "0 where no version was in force." }),
    requestDigest: z.string().openapi({ description: "SHA-256 of the RFC 8785 form of `{arguments}`." }),
    actionDigest: z.string().openapi({
      description: "What an approval is bound to: SHA-256 over action, arguments, agent version, policy version and grant.",
    }),
    approvalId: z.string().nullable(),
    receiptId: z.string(),
    costMicros: z.int().openapi({ description: "Millionths of the unit of the capability's currency; 0 where it has no price." }),
    budgetShare: z
      .number()
      .openapi({ description: "How much of its scarcest limit the grant had used, this invocation included: 0 to 1." }),
    upstreamStatus: UpstreamStatus,
    latencyMs: z.int().nullable().openapi({ description: "How long the upstream took, in milliseconds." }),
    review: z.object({ verdict: z.enum(reviewVerdicts), by: z.string(), at: Time }).nullable(),
    settled: z.object({ by: z.string(), at: Time }).nullable().openapi({ description: "Who said what came of an unknown effect." }),
    createdAt: Time,
    input: z
      .record(z.string(), AnyJson)
      .optional()
      .openapi({ description: "The arguments: for the agent itself, and for who holds `approvals:read`." }),
  })
  .openapi("Invocation");
export type InvocationView = z.input<typeof Invocation>;
export const InvocationPage = pageOf(Invocation).openapi("InvocationPage");

export const ListInvocationsQuery = z.object({
  ...pageQuery,
  grantId: GrantId.optional(),
  agentId: AgentId.optional(),
  status: z.enum(invocationStatuses).optional(),
});

export const SettleBody = z
  .strictObject({ effect: z.enum(["confirmed", "failed"]).openapi({ description: "What came of it, as you know from elsewhere." }) })
  .openapi("SettleInvocation");
export type SettleInput = z.output<typeof SettleBody>;
