import type { ExpectationOf } from "../expectation.ts";
import { notApplicable, passIf, type Judgement, type Observation } from "./judgement.ts";

/** As our side of the connection measured it, the whole answer included. */
export const judgeLatency = ({ maxMs }: ExpectationOf<"latency">, { latencyMs }: Observation): Judgement =>
  passIf(latencyMs <= maxMs, "too_slow");

/** Compared with what the agent itself says, so it is shown and counts in the run, but no score is made of it. */
export const judgeCost = ({ maxUsd }: ExpectationOf<"cost">, { answer }: Observation): Judgement =>
  answer.costUsd === null ? notApplicable("no_cost_reported") : passIf(answer.costUsd <= maxUsd, "too_expensive");
