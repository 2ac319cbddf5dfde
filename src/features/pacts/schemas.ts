import { z } from "@hono/zod-openapi";
import { checkKinds, pactStates } from "../../db/schema/pacts.ts";
import { AnyJson } from "../../expressions/any-json.ts";
import { Condition, ConditionsInput } from "../../expressions/condition.ts";
import { attributions, checkStatuses, severities } from "../../expressions/outcome.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { Receipt } from "../receipts/index.ts";

const AgentId = z.string().regex(idPattern("agent"));
export const PactId = z.string().regex(idPattern("pact"));
const fields = {
  name: z.string().trim().min(1).max(200),
  description: z.string().trim().min(1).max(2_000).nullable(),
  conditions: ConditionsInput,
};

export const CreatePactBody = z
  .strictObject({ agentId: AgentId, ...fields, description: fields.description.default(null) })
  .openapi("CreatePact");
export type PactInput = z.output<typeof CreatePactBody>;

/** A new version starts as a copy; what is given here differs. */
export const NewVersionBody = z.strictObject(fields).partial().openapi("NewPactVersion");
export const UpdatePactBody = z
  .strictObject(fields)
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "Nothing to change.")
  .openapi("UpdatePact");
export type PactChanges = z.output<typeof NewVersionBody>;

export const PactParams = z.object({ pactId: PactId });
export const ListPactsQuery = z.object({
  ...pageQuery,
  agentId: AgentId.optional(),
  lineageId: PactId.optional().openapi({ description: "All versions of one pact." }),
  state: z.enum(pactStates).optional(),
});

const ToolName = z.string().min(1).max(200);
const ToolCall = z.strictObject({ tool: ToolName, arguments: AnyJson }).openapi("ToolCall");
export const ValidateCallBody = z
  .strictObject({
    ...ToolCall.shape,
    intent: z.string().max(8_192).optional().openapi({
      description:
        'Compact JWS by a registered key of the agent, typ `armalo-intent+jws`, over `{agentId, action: {name: "tool_call", digest}, at}`; the digest is that of `{tool, arguments}` in RFC 8785 form. The receipt carries it.',
    }),
  })
  .openapi("ValidateCall");
export const VerifyBody = z
  .strictObject({
    input: AnyJson.optional(),
    output: AnyJson.optional(),
    latencyMs: z.number().nonnegative().optional(),
    costUsd: z.number().nonnegative().optional(),
    toolCalls: z.array(ToolCall).max(1_000).optional(),
  })
  .refine((report) => Object.keys(report).length > 0, "Nothing was reported.")
  .openapi("PactReport", { description: "What was observed. What is left out was not observed: conditions on it stay unscored." });

const Time = z.iso.datetime();
const terms = {
  lineageId: z.string().openapi({ description: "The first version's id: the same for all versions." }),
  version: z.int(),
  agentId: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  conditions: z.array(Condition),
};
/** What a pact's digest is of. */
export const PactTermsView = z
  .object(terms)
  .openapi("PactTerms", { description: "What the pact's digest is of: SHA-256 of exactly these fields in RFC 8785 form." });
export const Pact = z
  .object({
    id: z.string(),
    ...terms,
    state: z.enum(pactStates),
    digest: z.string().nullable().openapi({ description: "SHA-256 of its RFC 8785 form, fixed on activation." }),
    activatedAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Pact");
export type PactView = z.input<typeof Pact>;
export const PactPage = pageOf(Pact).openapi("PactPage");

const severity = z.enum(severities);
export const PactCheck = z
  .object({
    id: z.string().openapi({ description: "A check that was paid for is nobody's, and is not kept." }),
    pactId: z.string(),
    pactDigest: z.string(),
    kind: z.enum(checkKinds),
    compliant: z
      .boolean()
      .nullable()
      .openapi({ description: "`null`: something that had to be checked could not be, or there was nothing to check. Never a pass." }),
    assurance: z.literal(0).openapi({ description: "What a caller reports of itself is shown and never scored." }),
    violations: z.array(z.object({ conditionId: z.string(), severity, reason: z.string() })),
    results: z.array(
      z.object({
        conditionId: z.string(),
        severity,
        status: z.enum(checkStatuses),
        attribution: z.enum(attributions).optional(),
        reasons: z.array(z.string()).optional(),
      }),
    ),
    createdAt: Time,
  })
  .openapi("PactCheck");
export type PactCheckView = z.input<typeof PactCheck>;
export const CallCheck = z
  .object({ ...PactCheck.shape, receipt: Receipt.openapi({ description: "Signed, and in the log with the check." }) })
  .openapi("CallCheck");
export type CallCheckView = z.input<typeof CallCheck>;

export const ListChecksQuery = z.object(pageQuery);
export const PactCheckPage = pageOf(PactCheck).openapi("PactCheckPage");
