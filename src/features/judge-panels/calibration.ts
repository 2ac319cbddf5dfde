import { z } from "@hono/zod-openapi";
import { krippendorffAlpha } from "../../statistics/agreement.ts";
import type { Accuracy, Tally } from "../../statistics/corrected-rate.ts";
import { twoSided95, wilsonInterval } from "../../statistics/wilson-interval.ts";
import { decisionOf, JuryFinding, validVotes, votes, type Vote } from "./jury-finding.ts";

const text = (max: number) => z.string().min(1).max(max);

export const LabelledExample = z
  .strictObject({
    rubric: text(4000),
    question: z.string().max(16_384).default(""),
    answer: z.string().max(65_536),
    label: z.enum(votes).describe("What is true of it, by people who know."),
  })
  .openapi("LabelledExample");
export type LabelledExample = z.output<typeof LabelledExample>;

export const calibrationStatuses = ["running", "completed", "broken_off"] as const;
export type CalibrationStatus = (typeof calibrationStatuses)[number];

export const calibrationLimits = { examples: 200, calls: 1000 } as const;
/** Labelled passes, and labelled failures, that must have been decided. */
const minDecided = 20;
/** Models change behind their names. */
export const validForMs = 90 * 86_400_000;

const Share = z.number().min(0).max(1);
const Rate = z
  .object({
    hits: z.int(),
    trials: z.int(),
    rate: Share.nullable(),
    low: Share.describe("With `high`, the 95 % interval (Wilson)."),
    high: Share,
  })
  .openapi("RateEstimate");

const accuracyShape = {
  sensitivity: Rate.describe("Of what is labelled `pass`, the share that was passed."),
  specificity: Rate.describe("Of what is labelled `fail`, the share that was failed."),
  undecided: z.int().describe("Examples without a decision: they count in neither."),
};

export const CalibrationResult = z
  .object({
    ...accuracyShape,
    judges: z.array(z.object({ judge: z.string(), model: z.string(), ...accuracyShape })).readonly(),
    krippendorffAlpha: z.number().nullable().describe("The judges' agreement (nominal); null where it cannot be told."),
    calibrated: z
      .boolean()
      .describe(
        "Both rates rest on 20 decided examples or more, and their lower ends add up to more than 1: the panel tells more than chance.",
      ),
    findings: z
      .array(JuryFinding.pick({ votes: true, value: true, agreement: true }))
      .readonly()
      .describe("In the order of the examples."),
  })
  .openapi("CalibrationResult");
export type CalibrationResult = z.output<typeof CalibrationResult>;

type Finding = CalibrationResult["findings"][number];
type Labelled = Pick<LabelledExample, "label">;

/** How good a panel is, and each of its judges alone, from what they decided of labelled examples: one finding for each, in their order. */
export function assess(examples: readonly Labelled[], findings: readonly Finding[]): CalibrationResult {
  const panel = measure(examples, findings.map(decisionOf));
  const seats = findings[0]?.votes ?? [];
  return {
    ...panel,
    judges: seats.map(({ judge, model }, seat) => ({
      judge,
      model,
      ...measure(
        examples,
        findings.map(({ votes }) => votes[seat]?.vote ?? null),
      ),
    })),
    krippendorffAlpha: krippendorffAlpha(findings.map(({ votes }) => validVotes(votes))) ?? null,
    calibrated: isTelling(panel),
    findings,
  };
}

type Measured = z.output<z.ZodObject<typeof accuracyShape>>;

function measure(examples: readonly Labelled[], decisions: readonly (Vote | null)[]): Measured {
  const decidedOf = (label: Vote): Tally => {
    const decided = examples.flatMap((example, index) => (example.label === label ? (decisions[index] ?? []) : []));
    return { hits: decided.filter((decision) => decision === label).length, trials: decided.length };
  };
  const [sensitivity, specificity] = [decidedOf("pass"), decidedOf("fail")];
  return {
    sensitivity: estimate(sensitivity),
    specificity: estimate(specificity),
    undecided: examples.length - sensitivity.trials - specificity.trials,
  };
}

const estimate = ({ hits, trials }: Tally): z.output<typeof Rate> => ({
  hits,
  trials,
  rate: trials === 0 ? null : hits / trials,
  ...wilsonInterval(hits, trials, twoSided95),
});

const isTelling = ({ sensitivity, specificity }: Measured): boolean =>
  Math.min(sensitivity.trials, specificity.trials) >= minDecided && sensitivity.low + specificity.low > 1;

/** What corrects a rate that the panel observed; null where it was not calibrated. */
export const accuracyOf = (result: CalibrationResult | null): Accuracy | null =>
  result === null ? null : { sensitivity: result.sensitivity, specificity: result.specificity };
