import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { idPattern } from "../../platform/ids.ts";
import { pairwiseAgreement } from "../../statistics/agreement.ts";
import { trimmedMean } from "../../statistics/trimmed-mean.ts";
import { panelLimits } from "./panel.ts";

export const votes = ["pass", "fail"] as const;
export type Vote = (typeof votes)[number];

/** What one judge made of one question. Only `voted` brings a vote; any other outcome is the judge's, or ours, and never the agent's. */
export const JudgeVote = z
  .object({
    judge: z.string(),
    model: z.string().describe("The model that was asked for."),
    servedModel: z.string().nullable().describe("The model that the endpoint says answered."),
    outcome: z.string().describe("`voted`, `cannot_tell`, `off_menu`, or what kept it from a vote, such as `timeout` or `http_429`."),
    vote: z.enum(votes).nullable(),
    calls: z.int().describe("How often the endpoint was called for it."),
    latencyMs: z.int().nullable(),
  })
  .openapi("JudgeVote");
export type JudgeVote = z.output<typeof JudgeVote>;

/** How a jury decided one check. */
export const JuryFinding = z
  .object({
    panelDigest: z.string().regex(digestPattern),
    promptDigest: z.string().regex(digestPattern).describe("Of all that the judges are told besides what is judged."),
    calibrationId: z
      .string()
      .regex(idPattern("calibration"))
      .nullable()
      .describe("The calibration that holds for the panel; null: the judges are uncalibrated."),
    votes: z.array(JudgeVote).readonly(),
    value: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe("The share of passes among the valid votes, the lowest and the highest left out where there are three or more."),
    agreement: z.number().min(0).max(1).nullable().describe("The share of pairs of valid votes that are the same."),
  })
  .openapi("JuryFinding");
export type JuryFinding = z.output<typeof JuryFinding>;

/** Of the valid votes from so many on, the lowest and the highest do not count: no single judge moves the value beyond the others. */
const trimmedFrom = 3;

/** What votes amount to: nothing, where fewer than two are valid. */
export function countVotes(cast: readonly JudgeVote[]): Pick<JuryFinding, "value" | "agreement"> {
  const valid = validVotes(cast);
  if (valid.length < panelLimits.quorum) return { value: null, agreement: null };
  const passes = valid.map((vote) => (vote === "pass" ? 1 : 0));
  return {
    value: trimmedMean(passes, valid.length >= trimmedFrom ? 1 : 0) ?? null,
    agreement: pairwiseAgreement(valid) ?? null,
  };
}

export const validVotes = (cast: readonly JudgeVote[]): readonly Vote[] => cast.flatMap(({ vote }) => vote ?? []);

/** Whether a judge said something, be it no word of the menu: its model was asked, and answered. */
export const hasReplied = ({ outcome, vote }: Pick<JudgeVote, "outcome" | "vote">): boolean =>
  vote !== null || outcome === "cannot_tell" || outcome === "off_menu";

/** Half of the votes convince nobody: a pass takes more. Null where nothing was decided. */
export const decisionOf = ({ value }: Pick<JuryFinding, "value">): Vote | null => (value === null ? null : value > 0.5 ? "pass" : "fail");
