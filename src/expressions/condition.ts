import { z } from "@hono/zod-openapi";
import { celLimits, compileCel, type CelVariables } from "./cel.ts";
import { parsePath } from "./json-path.ts";
import { severities } from "./outcome.ts";
import { checkRule, ParamRule } from "./param-binding.ts";
import { compilePattern, patternLimits } from "./pattern.ts";
import { judgesSpecimens } from "./specimens.ts";
import { guaranteedChars, newWorkBudget, spend, tooMuchWork, workPerPact, type WorkBudget } from "./work-budget.ts";

const maxConditions = 32;
const verificationMethods = ["deterministic", "heuristic", "jury"] as const;
const orderOperators = ["lt", "lte", "gt", "gte", "eq", "neq"] as const;
const operators = [...orderOperators, "contains", "excludes", "matches"] as const;
export type OrderOperator = (typeof orderOperators)[number];

/** What an expression of a condition may read. A variable that was not reported leaves the condition unscored. */
export const observationVariables = {
  input: "dyn",
  output: "dyn",
  latencyMs: "double",
  costUsd: "double",
  toolCalls: "list<dyn>",
} as const satisfies CelVariables;

const common = {
  id: z.string().regex(/^[\w-]{1,64}$/),
  severity: z.enum(severities).openapi({ description: "A broken `info` condition is reported, and breaks no compliance." }),
  verificationMethod: z
    .enum(verificationMethods)
    .default("deterministic")
    .openapi({ description: "`jury` conditions stay unscored: judges hear the `jury` checks of suites." }),
  description: z.string().max(500).optional(),
};

const Measure = z
  .strictObject({
    ...common,
    type: z.enum(["latency_ms", "cost_usd", "output_chars", "tool_calls"]),
    operator: z.enum(orderOperators),
    value: z.number(),
    unit: z.enum(["ms", "s", "usd"]).optional().openapi({ description: "`ms` or `s` for latency, `usd` for cost." }),
  })
  .openapi("MeasureCondition");

const Output = z
  .strictObject({
    ...common,
    type: z.literal("output"),
    path: z.string().max(256).optional().openapi({ description: "Where in a JSON output, e.g. `items[*].price`; left out, all of it." }),
    operator: z.enum(operators),
    value: z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]),
  })
  .openapi("OutputCondition");

const Cel = z
  .strictObject({
    ...common,
    type: z.literal("cel"),
    expression: z
      .string()
      .min(1)
      .max(celLimits.sourceChars)
      .openapi({ description: `CEL over ${Object.keys(observationVariables).join(", ")}, true where the promise is kept.` }),
  })
  .openapi("CelCondition");

const ParamBinding = z
  .strictObject({ ...common, type: z.literal("param_binding"), tool: z.string().min(1).max(200), rules: z.array(ParamRule).min(1).max(16) })
  .openapi("ParamBindingCondition");

/** One promise of a pact, as it is stored and shown. */
export const Condition = z.discriminatedUnion("type", [Measure, Output, Cel, ParamBinding]).openapi("Condition");
export type Condition = z.output<typeof Condition>;
export type MeasureCondition = z.output<typeof Measure>;
export type OutputCondition = z.output<typeof Output>;
export type CelCondition = z.output<typeof Cel>;
export type ParamBindingCondition = z.output<typeof ParamBinding>;

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string };

/**
 * The promises of a pact, as somebody writes them: expressions are checked, patterns compiled, ids distinct. Together they can judge a
 * small answer with the work that a pact has, so that where it does not suffice later, that is due to what the agent said.
 */
export const ConditionsInput = z
  .array(Condition)
  .min(1)
  .max(maxConditions)
  .superRefine((conditions, context) => {
    const seen = new Set<string>();
    const budget = newWorkBudget(workPerPact);
    for (const [index, condition] of conditions.entries()) {
      for (const issue of checkCondition(condition, budget))
        context.addIssue({ code: "custom", path: [index, ...issue.path], message: issue.message });
      if (seen.has(condition.id)) context.addIssue({ code: "custom", path: [index, "id"], message: "Another condition has this id." });
      seen.add(condition.id);
    }
  });

/** What is wrong with a condition that its form does not show: expression, pattern, path, unit, operator and value. */
function checkCondition(condition: Condition, budget: WorkBudget): readonly Issue[] {
  switch (condition.type) {
    case "cel": {
      const compiled = compileCel(condition.expression, observationVariables, budget);
      if (!compiled.ok) return [{ path: ["expression"], message: compiled.detail }];
      return judgesSpecimens(compiled.program, budget) ? [] : [{ path: ["expression"], message: tooMuchWork }];
    }
    case "param_binding":
      return condition.rules.flatMap((rule, i) =>
        checkRule(rule, budget).map(({ path, message }) => ({ path: ["rules", i, ...path], message })),
      );
    case "output":
      return checkOutput(condition, budget);
    default:
      return checkUnit(condition);
  }
}

const unitsOf: Readonly<Record<MeasureCondition["type"], readonly string[]>> = {
  latency_ms: ["ms", "s"],
  cost_usd: ["usd"],
  output_chars: [],
  tool_calls: [],
};

function checkUnit({ type, unit }: MeasureCondition): readonly Issue[] {
  if (unit === undefined || unitsOf[type].includes(unit)) return [];
  return [{ path: ["unit"], message: `${type} has no unit ${unit}.` }];
}

function checkOutput({ operator, value, path }: OutputCondition, budget: WorkBudget): readonly Issue[] {
  const issues: Issue[] = [];
  if (path !== undefined && parsePath(path) === undefined)
    issues.push({ path: ["path"], message: "Not a path, such as `items[*].price`." });
  if (operator === "matches") {
    const compiled = typeof value === "string" ? compilePattern(value, budget) : undefined;
    if (compiled?.ok !== true)
      issues.push({
        path: ["value"],
        message: compiled?.detail ?? `A pattern of at most ${patternLimits.sourceChars} characters is needed.`,
      });
    else if (!spend(budget, compiled.pattern.programSize * guaranteedChars)) issues.push({ path: ["value"], message: tooMuchWork });
  } else if (operator === "contains" || operator === "excludes") {
    if (typeof value !== "string" || value === "") issues.push({ path: ["value"], message: `${operator} needs a text.` });
  } else if (operator !== "eq" && operator !== "neq" && typeof value !== "number") {
    issues.push({ path: ["value"], message: `${operator} needs a number.` });
  }
  return issues;
}
