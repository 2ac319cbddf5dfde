import { z } from "@hono/zod-openapi";
import { attributions, checkStatuses, severities, type CheckStatus } from "../../expressions/outcome.ts";
import { JuryFinding } from "../judge-panels/index.ts";
import { evidenceDimensions } from "./dimension.ts";

/**
 * One check of one case. `pass` and `fail` were scored and have a value; `error` is a fault of whoever `attribution` names; `unscored`
 * means that the instrument could not judge; `not_applicable` that there was nothing to judge. `reason` is a code, never the agent's words.
 */
export const CheckResult = z
  .object({
    place: z
      .string()
      .describe("Its place in the case: `0` for the first expectation, `pact/0` for the pact's first condition, or `answered`."),
    kind: z.string().describe("The expectation's kind, or `answered`, which the platform asks of every case."),
    dimension: z.enum(evidenceDimensions),
    status: z.enum(checkStatuses),
    value: z.number().min(0).max(1).nullable(),
    attribution: z.enum(attributions).nullable(),
    reason: z.string().nullable(),
    required: z.boolean(),
    weight: z.number(),
    selfReported: z.boolean().describe("It rests on the agent's own word: shown and counted in the run, never part of a score."),
    condition: z
      .object({
        id: z.string(),
        severity: z.enum(severities),
        digest: z.string().describe("Of what the condition promises, so that it is the same in a later version of the pact."),
        pactDigest: z.string(),
      })
      .nullable()
      .describe("The pact's condition that this check is of."),
    jury: JuryFinding.optional().describe("How the judges voted, where a jury was heard."),
  })
  .openapi("CheckResult");
export type CheckResult = z.output<typeof CheckResult>;

/** A case ends as a check does. */
export type CaseStatus = CheckStatus;

/** One call of the agent. `outcome` is `answered` or the fault. */
export const Attempt = z
  .object({ outcome: z.string(), httpStatus: z.int().nullable(), latencyMs: z.int(), attribution: z.enum(attributions).nullable() })
  .openapi("Attempt");
export type Attempt = z.output<typeof Attempt>;

/** A case as it was recorded: everything that a run's summary and evidence are computed from. */
export type CaseResult = {
  readonly index: number;
  readonly caseId: string;
  readonly status: CaseStatus;
  readonly checks: readonly CheckResult[];
  readonly attempts: readonly Attempt[];
  readonly inputDigest: string;
  readonly outputDigest: string | null;
  readonly latencyMs: number | null;
  readonly at: Date;
};

export const answeredKind = "answered";
/** Whether the agent gave a well-formed answer in time. */
export const wasAnswered = ({ checks }: Pick<CaseResult, "checks">): boolean =>
  checks.some(({ kind, status }) => kind === answeredKind && status === "pass");
/** Whether the agent was asked and gave none: its own fault, not ours. */
export const wasSilent = ({ checks }: Pick<CaseResult, "checks">): boolean =>
  checks.some(({ kind, status }) => kind === answeredKind && status === "fail");
