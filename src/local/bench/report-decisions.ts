import type { Decisions } from "./measure-decisions.ts";
import { digits, table, type Goal } from "./table.ts";

export const decisionGoals = (decisions: readonly Decisions[]): Goal[] =>
  decisions
    .filter(({ rules }) => rules === 100)
    .map(({ rules, cpuMs }) => ({ name: `policy decision, ${rules} rules, CPU`, value: cpuMs, bound: "at most", goal: 0.2, unit: " ms" }));

export const decisionTable = (decisions: readonly Decisions[]): string =>
  table(
    ["policy decision, one isolate", "decisions/s", "CPU of workerd", "by a policy that is new to the isolate"],
    decisions.map(({ rules, perSecond, cpuMs, freshCpuMs }) => [
      `${rules} ${rules === 1 ? "rule" : "rules"}`,
      String(Math.round(perSecond)),
      cpuOf(cpuMs),
      cpuOf(freshCpuMs),
    ]),
  );

const cpuOf = (ms: number): string => (Number.isNaN(ms) ? "not known here" : `${digits(ms)} ms`);
