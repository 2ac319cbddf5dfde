import { celContext, compileCel, type CelProgram } from "../expressions/cel.ts";
import { CelTyping } from "../expressions/cel-typing.ts";
import { specimenAnswers } from "../expressions/specimens.ts";
import { newWorkBudget, tooMuchWork } from "../expressions/work-budget.ts";
import type { CapabilityDefinition } from "../upstreams/capability.ts";
import { typeOfSchema } from "./argument-types.ts";
import { ruleVariables, workPerDecision } from "./decide.ts";
import type { DecisionFacts } from "./facts.ts";
import type { PolicyTerms } from "./policy.ts";

/** `path` leads into the terms: `rules.2.when`. */
export type RuleIssue = { readonly path: string; readonly message: string };

/**
 * What is wrong with a policy for a capability: rules that share an id, expressions that are not valid, give no bool, name what neither the
 * arguments' schema nor a decision has, or compare what never compares, and rules that take too much work together.
 */
export function checkTerms(terms: PolicyTerms, definition: CapabilityDefinition): readonly RuleIssue[] {
  const typing = typingFor(definition);
  const programs: CelProgram[] = [];
  const issues = terms.rules.flatMap(({ id, when }, index): RuleIssue[] => {
    const first = terms.rules.findIndex((other) => other.id === id);
    const twice = first < index ? [{ path: `rules.${index}.id`, message: `Rule ${first} has this id.` }] : [];
    const compiled = compileCel(when, ruleVariables);
    if (compiled.ok) programs.push(compiled.program);
    const detail = compiled.ok ? typing.check(when) : compiled.detail;
    return detail === undefined ? twice : [...twice, { path: `rules.${index}.when`, message: hinted(detail) }];
  });
  if (issues.length > 0) return issues;
  return judgesSpecimens(programs) ? [] : [{ path: "rules", message: tooMuchWork }];
}

/** What is null where it is not known compares with null, and with what it is else. */
const decisionTypes = {
  action: { capability: "string", kind: "string", method: "string" },
  agent: { id: "string", versionNumber: "double" },
  score: { compositeScore: "dyn<double>", tier: "dyn<string>", confidence: "dyn<double>", status: "dyn<string>" },
  grant: { id: "string", expiresAt: "dyn<string>" },
  counters: {
    total: "double",
    today: "double",
    month: "double",
    lastMinute: "double",
    spentTodayMicros: "double",
    spentMonthMicros: "double",
    costMicros: "dyn<double>",
  },
  time: { iso: "string", hour: "double", weekday: "double", epochSeconds: "double" },
} as const satisfies { readonly [K in Exclude<keyof DecisionFacts, "arguments" | "mode">]: Record<keyof DecisionFacts[K], string> };

function typingFor({ argumentsSchema }: CapabilityDefinition): CelTyping {
  const typing = new CelTyping();
  for (const [name, members] of Object.entries(decisionTypes)) typing.variable(name, typing.object(new Map(Object.entries(members))));
  typing.variable("mode", "string");
  typing.variable("arguments", typeOfSchema(typing, { type: "object", ...argumentsSchema }));
  return typing;
}

/** JSON has one kind of number. */
const hinted = (detail: string): string =>
  /double [^\s]+ u?int|int [^\s]+ double/.test(detail) ? `${detail}\n\nNumbers are doubles here: write 5.0, not 5.` : detail;

const mostNames = 8;
const small = { chars: 1_024, length: 16 } as const;
const decisionNames = new Set(["arguments", ...Object.values(decisionTypes).flatMap((members) => Object.keys(members))]);

/** Whether the rules can judge small arguments of the shapes that cost most, with the work that one decision has. */
function judgesSpecimens(programs: readonly CelProgram[]): boolean {
  const members = new Set(programs.flatMap((program) => [...program.members]));
  const names = [...members].filter((name) => !decisionNames.has(name)).slice(0, mostNames);
  return specimenAnswers(names, small).every((answer) => {
    const values = celContext({ ...specimenFacts, arguments: Object.fromEntries(names.map((name) => [name, answer])) });
    const budget = newWorkBudget(workPerDecision);
    return programs.every((program) => {
      const result = program.evaluate(values, budget);
      return result.ok || result.reason !== "work_exceeded";
    });
  });
}

const specimenFacts: Omit<DecisionFacts, "arguments"> = {
  action: { capability: "", kind: "http", method: "" },
  agent: { id: "", versionNumber: 1 },
  score: { compositeScore: 500, tier: "", confidence: 1, status: "" },
  grant: { id: "", expiresAt: null },
  counters: { total: 1, today: 1, month: 1, lastMinute: 1, spentTodayMicros: 1, spentMonthMicros: 1, costMicros: 1 },
  time: { iso: "", hour: 12, weekday: 1, epochSeconds: 1 },
  mode: "production",
};
