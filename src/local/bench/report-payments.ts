import { latencyMs, perSecond, type Run } from "./load.ts";
import type { Payments } from "./measure-payments.ts";
import { quantile } from "./statistics.ts";
import { digits, table, type Goal } from "./table.ts";

export const paymentGoals = ({ crowd: { payers, paid, wrongBalances } }: Payments): Goal[] => [
  { name: `${payers} payers at once: answered 200`, value: paid, bound: "at least", goal: payers, unit: "" },
  { name: `${payers} payers at once: balances that are not exact`, value: wrongBalances, bound: "at most", goal: 0, unit: "" },
];

export const paymentTables = ({ calls, crowd, rates }: Payments): string[] => [
  table(
    ["a public agent's score, one connection", "p50", "p99"],
    [
      callRow("free, with a key", calls.free),
      callRow("paid", calls.paid),
      callRow("of that, the facilitator with its chain, asked alone", calls.facilitator),
      addedRow("what paying adds", calls.paid, calls.free),
      callRow("resent: the stored answer", calls.resent),
    ],
  ),
  table(
    [`${crowd.payers} payers at once`, "until all were answered"],
    [
      ["paid", `${digits(crowd.totalMs)} ms`],
      ["the facilitator with its chain, asked alone", `${digits(crowd.facilitatorMs)} ms`],
    ],
  ),
  table(
    ["a public agent's score, 8 connections", "requests/s", "p50", "p99", "/ free"],
    [
      rateRow("free, with a key", rates.free),
      rateRow("402, with what must be paid", rates.challenge, rates.challengeRatio),
      rateRow("resent: the stored answer", rates.resent, rates.resentRatio),
    ],
  ),
];

const callRow = (name: string, durationsMs: readonly number[]): string[] => [
  name,
  `${digits(quantile(durationsMs, 0.5))} ms`,
  `${digits(quantile(durationsMs, 0.99))} ms`,
];

const addedRow = (name: string, one: readonly number[], other: readonly number[]): string[] => [
  name,
  ...[0.5, 0.99].map((q) => `${digits(quantile(one, q) - quantile(other, q))} ms`),
];

const rateRow = (name: string, run: Run, ratio = 1): string[] => [
  name,
  String(Math.round(perSecond(run))),
  `${digits(latencyMs(run, 0.5))} ms`,
  `${digits(latencyMs(run, 0.99))} ms`,
  `${digits(ratio)}×`,
];
