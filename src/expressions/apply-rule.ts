import type { JsonValue } from "../crypto/canonical-json.ts";
import { compareDecimals, decimalOf, parseDecimal, type Decimal } from "./decimal.ts";
import { comparable, isJsonArray } from "./json.ts";
import { follow, parsePath, type JsonPath } from "./json-path.ts";
import type { ParamRule } from "./param-binding.ts";
import { compilePattern } from "./pattern.ts";
import { spend, type WorkBudget } from "./work-budget.ts";

const perValue = 16;
const perListed = 16;
/** Comparing decimals of up to 640 digits with up to three limits. */
const perLimits = 192;

export type RuleOutcome = {
  /** Every demand that the calls' arguments break, in words that name the parameter and never its value. */
  readonly violations: readonly string[];
  /** Whether all values could be looked at: the budget may end before they do. */
  readonly complete: boolean;
};

/** Applies a rule to the arguments of calls of its tool. What it holds is prepared only where there is a value to judge. */
export function applyRule(rule: ParamRule, calls: readonly JsonValue[], budget: WorkBudget): RuleOutcome {
  const { paramPath } = rule;
  const path = parsePath(paramPath);
  if (path === undefined) return { violations: [`${paramPath}: not a path`], complete: true };
  const violations = new Set<string>();
  const broken = (fault: string) => violations.add(`${paramPath}: ${fault}`);
  let demands: readonly Demand[] | undefined;
  for (const callArguments of calls) {
    const values = valuesAt(callArguments, path, budget);
    if (values === undefined) return { violations: [...violations], complete: false };
    if (rule.required === true && !values.whole) broken("required, but missing");
    if (values.all.length > 0) demands ??= [...listDemands(rule, budget), ...patternDemand(rule, budget), ...limitDemand(rule)];
    for (const value of values.all) {
      for (const demand of demands ?? []) {
        const faults = spend(budget, perValue) ? demand(value, budget) : undefined;
        if (faults === undefined) return { violations: [...violations], complete: false };
        faults.forEach(broken);
      }
    }
  }
  return { violations: [...violations], complete: true };
}

/** What a path leads to. A list is judged by each of its elements, so that wrapping a value in one hides nothing. */
function valuesAt(value: JsonValue, path: JsonPath, budget: WorkBudget): { all: readonly JsonValue[]; whole: boolean } | undefined {
  const found = follow(value, path, budget);
  if (found === undefined) return undefined;
  const width = found.values.reduce<number>((sum, one) => sum + (isJsonArray(one) ? one.length : 1), 0);
  if (!spend(budget, width * 2)) return undefined;
  const all = found.values.flatMap((one) => (isJsonArray(one) ? one : [one]));
  return { all, whole: found.whole && all.length > 0 };
}

/** The faults of one value; undefined where the budget does not suffice to tell. */
type Demand = (value: JsonValue, budget: WorkBudget) => readonly string[] | undefined;
const undecided: Demand = () => undefined;
const isScalar = (value: JsonValue): value is null | boolean | number | string => value === null || typeof value !== "object";
const unjudged = ["not a text, number, true, false or null"];
const kept: readonly string[] = [];

function listDemands({ allowList, denyList }: ParamRule, budget: WorkBudget): readonly Demand[] {
  const entries = [...(allowList ?? []), ...(denyList ?? [])];
  if (
    !spend(
      budget,
      entries.reduce<number>((sum, entry) => sum + perListed + String(entry).length, 0),
    )
  )
    return [undecided];
  const demands: Demand[] = [];
  if (allowList !== undefined) {
    const allowed = new Set(allowList.map(comparable));
    demands.push(forScalars((value) => (allowed.has(comparable(value)) ? kept : ["not in allowList"])));
  }
  if (denyList !== undefined) {
    // By its text: "5" is no way around a list that denies 5.
    const denied = new Set(denyList.map(String));
    demands.push(forScalars((value) => (denied.has(String(value)) ? ["in denyList"] : kept)));
  }
  return demands;
}

const forScalars =
  (faultsOf: (value: null | boolean | number | string) => readonly string[]): Demand =>
  (value, budget) => {
    if (!isScalar(value)) return unjudged;
    return typeof value !== "string" || spend(budget, value.length) ? faultsOf(value) : undefined;
  };

function patternDemand({ regex }: ParamRule, budget: WorkBudget): readonly Demand[] {
  if (regex === undefined) return [];
  const broken = ["does not match regex"];
  const compiled = compilePattern(regex, budget);
  if (!compiled.ok) return [compiled.reason === "work_exceeded" ? undecided : () => broken];
  return [
    (value, budget) => {
      if (typeof value !== "string") return broken;
      const test = compiled.pattern.test(value, budget);
      if (!test.ok) return undefined;
      return test.matched ? kept : broken;
    },
  ];
}

function limitDemand({ valueRange, maxAmount }: ParamRule): readonly Demand[] {
  if (valueRange === undefined && maxAmount === undefined) return [];
  return [
    (value, budget) =>
      spend(budget, perLimits + (typeof value === "string" ? value.length : 0)) ? brokenLimits(value, valueRange, maxAmount) : undefined,
  ];
}

function brokenLimits(value: JsonValue, range: ParamRule["valueRange"], maxAmount: number | undefined): readonly string[] {
  const exact = exactly(value);
  if (exact === undefined) return ["not a number"];
  const broken: string[] = [];
  if (range?.min !== undefined && order(exact, range.min) < 0) broken.push(`below ${range.min}`);
  if (range?.max !== undefined && order(exact, range.max) > 0) broken.push(`above ${range.max}`);
  if (maxAmount !== undefined && order(exact, maxAmount) > 0) broken.push(`above maxAmount ${maxAmount}`);
  if (maxAmount !== undefined && exact.coefficient < 0n) broken.push("below zero");
  return broken;
}

/** Amounts come as numbers and as decimal texts; anything else has no size that we would vouch for. */
function exactly(value: JsonValue): Decimal | undefined {
  if (typeof value === "number") return decimalOf(value);
  return typeof value === "string" && /^-?[\d.]+$/.test(value) ? parseDecimal(value) : undefined;
}

function order(value: Decimal, limit: number): number {
  const bound = decimalOf(limit);
  return bound === undefined ? Number.NaN : compareDecimals(value, bound);
}
