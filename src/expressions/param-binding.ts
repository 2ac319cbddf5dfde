import { z } from "@hono/zod-openapi";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { compareDecimals, decimalOf, parseDecimal, type Decimal } from "./decimal.ts";
import { comparable, isJsonArray } from "./json.ts";
import { follow, parsePath } from "./json-path.ts";
import { compilePattern, patternLimits } from "./pattern.ts";
import { spend, type WorkBudget } from "./work-budget.ts";

const Scalar = z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]);

/** What one parameter of a tool call may be. A rule whose value is missing, or of a kind that it cannot judge, is broken. */
export const ParamRule = z.strictObject({
  paramPath: z.string().min(1).max(256).openapi({ description: "Where the parameter stands, e.g. `amount`, `to.iban`, `lines[*].price`." }),
  allowList: z.array(Scalar).min(1).max(200).optional(),
  denyList: z.array(Scalar).min(1).max(200).optional(),
  regex: z.string().max(patternLimits.sourceChars).optional().openapi({ description: "RE2 syntax; found anywhere unless anchored." }),
  valueRange: z.strictObject({ min: z.number().optional(), max: z.number().optional() }).optional(),
  maxAmount: z.number().nonnegative().optional().openapi({ description: "Neither above this nor below zero." }),
  required: z.boolean().optional(),
});
export type ParamRule = z.output<typeof ParamRule>;

export type RuleIssue = { readonly path: readonly string[]; readonly message: string };

/** What is wrong with a rule that its form does not show. */
export function checkRule(rule: ParamRule): readonly RuleIssue[] {
  const issues: RuleIssue[] = [];
  const { paramPath, regex, valueRange, ...others } = rule;
  if (parsePath(paramPath) === undefined)
    issues.push({ path: ["paramPath"], message: "Not a path, such as `to.iban` or `lines[*].price`." });
  if (regex !== undefined) {
    const compiled = compilePattern(regex);
    if (!compiled.ok) issues.push({ path: ["regex"], message: compiled.detail });
  }
  const { min, max } = valueRange ?? {};
  if (valueRange !== undefined && min === undefined && max === undefined)
    issues.push({ path: ["valueRange"], message: "Needs `min`, `max` or both." });
  if (min !== undefined && max !== undefined && min > max) issues.push({ path: ["valueRange"], message: "`min` is above `max`." });
  const demands = [regex, valueRange, others.allowList, others.denyList, others.maxAmount];
  if (others.required !== true && demands.every((demand) => demand === undefined))
    issues.push({ path: [], message: "The rule demands nothing." });
  return issues;
}

export type RuleOutcome =
  | { readonly ok: true; readonly violations: readonly string[] }
  | { readonly ok: false; readonly reason: "text_too_long" | "work_exceeded" };

/** Every demand that a call's arguments break, in words that name the parameter and never its value. */
export type RuleCheck = (callArguments: JsonValue, budget: WorkBudget) => RuleOutcome;

/** Makes a rule ready to be applied to any number of calls. */
export function prepareRule(rule: ParamRule): RuleCheck {
  const { paramPath, required } = rule;
  const path = parsePath(paramPath);
  const demands = [...listDemands(rule), ...patternDemand(rule), ...limitDemand(rule)];
  return (callArguments, budget) => {
    if (path === undefined) return violated(`${paramPath}: not a path`);
    const found = follow(callArguments, path, budget);
    if (found === undefined) return { ok: false, reason: "work_exceeded" };
    // A list is judged by each of its elements, so that wrapping a value in one hides nothing.
    const values = found.values.flatMap((value) => (isJsonArray(value) ? value : [value]));
    const isMissing = required === true && (!found.whole || values.length === 0);
    const broken = new Set(isMissing ? [`${paramPath}: required, but missing`] : []);
    for (const value of values) {
      if (!spend(budget, 16 + (typeof value === "string" ? value.length : 0))) return { ok: false, reason: "work_exceeded" };
      for (const demand of demands) {
        const result = demand(value, budget);
        if (!result.ok) return result;
        for (const fault of result.violations) broken.add(`${paramPath}: ${fault}`);
      }
    }
    return violated(...broken);
  };
}

const isScalar = (value: JsonValue): value is null | boolean | number | string => value === null || typeof value !== "object";
const violated = (...violations: readonly string[]): RuleOutcome => ({ ok: true, violations });

function listDemands({ allowList, denyList }: ParamRule): readonly RuleCheck[] {
  const demands: RuleCheck[] = [];
  const unjudged = "not a text, number, true, false or null";
  if (allowList !== undefined) {
    const allowed = new Set(allowList.map(comparable));
    demands.push((value) =>
      isScalar(value) ? (allowed.has(comparable(value)) ? violated() : violated("not in allowList")) : violated(unjudged),
    );
  }
  if (denyList !== undefined) {
    // By its text: "5" is no way around a list that denies 5.
    const denied = new Set(denyList.map(String));
    demands.push((value) => (isScalar(value) ? (denied.has(String(value)) ? violated("in denyList") : violated()) : violated(unjudged)));
  }
  return demands;
}

function patternDemand({ regex }: ParamRule): readonly RuleCheck[] {
  if (regex === undefined) return [];
  const compiled = compilePattern(regex);
  const broken = violated("does not match regex");
  if (!compiled.ok) return [() => broken];
  return [
    (value, budget) => {
      if (typeof value !== "string") return broken;
      const test = compiled.pattern.test(value, budget);
      if (!test.ok) return test;
      return test.matched ? violated() : broken;
    },
  ];
}

function limitDemand({ valueRange, maxAmount }: ParamRule): readonly RuleCheck[] {
  if (valueRange === undefined && maxAmount === undefined) return [];
  return [(value) => violated(...brokenLimits(value, valueRange, maxAmount))];
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
