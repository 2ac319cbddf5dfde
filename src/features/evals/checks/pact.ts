import type { CheckResult } from "../result.ts";
import type { Judgement, Observation } from "./judgement.ts";

export type JudgedCondition = { readonly condition: NonNullable<CheckResult["condition"]>; readonly selfReported: boolean };

/** A run's pact, ready to judge answers: one judgement for each of its conditions, in their order. */
export type PactJudge = {
  readonly conditions: readonly JudgedCondition[];
  readonly judge: (observation: Observation) => readonly Judgement[];
};
