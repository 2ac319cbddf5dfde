import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { voteUrl } from "./ask-judge.ts";
import { CalibrationResult, calibrationLimits, calibrationStatuses, LabelledExample } from "./calibration.ts";
import { JuryFinding, votes } from "./jury-finding.ts";
import { panelLimits } from "./panel.ts";

const Name = z.string().trim().min(1).max(200);
const ApiKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,4096}$/, "Printable ASCII without blanks, at most 4,096 characters.")
  .openapi({ description: "Sent as `Authorization: Bearer`. Sealed at once and never shown again." });

const judgeFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "1 to 64 lower-case letters, digits or . _ -."),
  baseUrl: z
    .string()
    .max(2000)
    .openapi({ description: "OpenAI-compatible; votes are asked of `{baseUrl}/chat/completions`.", example: "https://api.openai.com/v1" }),
  model: z.string().trim().min(1).max(200),
};
const JudgeInput = z.strictObject({
  ...judgeFields,
  apiKey: ApiKey.nullable().optional().openapi({
    description: "Left out in an update: kept where the judge of that name stays at its `baseUrl`. Null: none.",
  }),
});
export type JudgeInput = z.output<typeof JudgeInput>;

const distinct = (of: (judge: JudgeInput) => string) => (judges: readonly JudgeInput[]) => new Set(judges.map(of)).size === judges.length;

const Judges = z
  .array(JudgeInput)
  .min(panelLimits.minJudges)
  .max(panelLimits.maxJudges)
  .refine(
    distinct(({ name }) => name),
    "Two judges have the same name.",
  )
  .refine(
    distinct((judge) => `${URL.parse(voteUrl(judge))?.href ?? ""} ${judge.model}`),
    "Two judges are the same model at the same place: one judge, asked twice.",
  );

export const CreatePanelBody = z.strictObject({ name: Name, judges: Judges }).openapi("CreateJudgePanel");
export type PanelInput = z.output<typeof CreatePanelBody>;

export const UpdatePanelBody = z
  .strictObject({ name: Name, judges: Judges })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "Nothing to change.")
  .openapi("UpdateJudgePanel");
export type PanelChanges = z.output<typeof UpdatePanelBody>;

export const PanelParams = z.object({ panelId: z.string().regex(idPattern("judgePanel")) });
export const CalibrationParams = PanelParams.extend({ calibrationId: z.string().regex(idPattern("calibration")) });
export const ListQuery = z.object(pageQuery);

const Time = z.iso.datetime();

export const Panel = z
  .object({
    id: z.string(),
    name: z.string(),
    version: z.int().openapi({ description: "One more whenever its judges change." }),
    digest: z.string().openapi({ description: "SHA-256 of the RFC 8785 form of `{judges}`, each `{name, baseUrl, model}`." }),
    judges: z.array(z.object({ name: z.string(), baseUrl: z.string(), model: z.string(), apiKey: z.enum(["configured", "none"]) })),
    retiredAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("JudgePanel");
export type PanelView = z.input<typeof Panel>;
export const PanelPage = pageOf(Panel).openapi("JudgePanelPage");

export const CalibrateBody = z
  .strictObject({ examples: z.array(LabelledExample).min(2).max(calibrationLimits.examples) })
  .refine(({ examples }) => new Set(examples.map(({ label }) => label)).size === 2, {
    path: ["examples"],
    message: "Both labels are needed: without one of them nothing follows.",
  })
  .openapi("CalibrateJudgePanel");
export type CalibrationInput = z.output<typeof CalibrateBody>;

const calibrationFields = {
  id: z.string(),
  panelId: z.string(),
  panelVersion: z.int(),
  panelDigest: z.string(),
  promptDigest: z.string(),
  setDigest: z.string().openapi({ description: "SHA-256 of the RFC 8785 form of `{examples}`." }),
  exampleCount: z.int(),
  status: z.enum([...calibrationStatuses, "lapsed"]).openapi({
    description: "`broken_off`: the panel changed meanwhile, or could not be read. `lapsed`: it did not end in time, and never will.",
  }),
  result: CalibrationResult.omit({ findings: true }).nullable(),
  validUntil: Time.nullable().openapi({
    description: "Until then it holds for runs of this panel digest, if it is `calibrated` and no newer one ended.",
  }),
  requestedBy: z.string(),
  createdAt: Time,
  finishedAt: Time.nullable(),
};
export const CalibrationHead = z.object(calibrationFields).openapi("JudgeCalibrationHead");
export const Calibration = z
  .object({ ...calibrationFields, result: CalibrationResult.nullable(), examples: z.array(LabelledExample).readonly() })
  .openapi("JudgeCalibration");
export const CalibrationPage = pageOf(CalibrationHead).openapi("JudgeCalibrationPage");
export type CalibrationHeadView = z.input<typeof CalibrationHead>;
export type CalibrationView = z.input<typeof Calibration>;

export const AskPanelBody = LabelledExample.omit({ label: true }).openapi("AskJudgePanel", {
  description: "An answer, the question that it answers, and the rubric that it is judged by.",
});
export type AskedOfPanel = z.output<typeof AskPanelBody>;

const Count = z.int().min(0);
export const JuryAnswer = z
  .object({
    panelId: z.string(),
    ...JuryFinding.omit({ calibrationId: true }).shape,
    calibrated: z.boolean().openapi({ description: "Whether a calibration says how far these judges can be believed, and it holds." }),
    verdict: z
      .enum([...votes, "undecided"])
      .openapi({ description: "`undecided`: fewer than two judges voted. An absent judge is no vote for either side." }),
    counts: z.object({
      judges: Count,
      pass: Count,
      fail: Count,
      abstained: Count.openapi({ description: "Said that they cannot tell." }),
      unanswered: Count.openapi({ description: "Could not be reached, or gave no word of the menu." }),
    }),
  })
  .openapi("JuryAnswer");
export type JuryAnswerView = z.input<typeof JuryAnswer>;
