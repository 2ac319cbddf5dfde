import { z } from "@hono/zod-openapi";
import { parsePath } from "./json-path.ts";
import { compilePattern, patternLimits } from "./pattern.ts";
import { guaranteedChars, spend, tooMuchWork, type WorkBudget } from "./work-budget.ts";

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

/** What is wrong with a rule that its form does not show. The budget is charged for judging a value of `guaranteedChars`. */
export function checkRule(rule: ParamRule, budget: WorkBudget): readonly RuleIssue[] {
  const issues: RuleIssue[] = [];
  const { paramPath, regex, valueRange, ...others } = rule;
  if (parsePath(paramPath) === undefined)
    issues.push({ path: ["paramPath"], message: "Not a path, such as `to.iban` or `lines[*].price`." });
  if (regex !== undefined) {
    const compiled = compilePattern(regex, budget);
    if (!compiled.ok) issues.push({ path: ["regex"], message: compiled.detail });
    else if (!spend(budget, compiled.pattern.programSize * guaranteedChars)) issues.push({ path: ["regex"], message: tooMuchWork });
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
