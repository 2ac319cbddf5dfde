import { z } from "@hono/zod-openapi";
import type { Digest } from "../../crypto/digest.ts";
import { isStorable } from "../../expressions/json.ts";
import { newWorkBudget, type WorkBudget } from "../../expressions/work-budget.ts";
import type { FieldError } from "../../http/problem.ts";
import { checkExpectation, type CheckedExpectation } from "./check-expectation.ts";
import type { Expectation } from "./expectation.ts";
import { digestSuite, SuiteDefinition } from "./suite.ts";

export type CheckedSuite =
  | { readonly ok: true; readonly suite: SuiteDefinition; readonly digest: Digest }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Reads a suite from any value: its form first, then every expression in it. What is stored can be run. */
export async function readSuite(definition: unknown): Promise<CheckedSuite> {
  const parsed = SuiteDefinition.safeParse(definition);
  if (parsed.success) return checkSuite(parsed.data);
  return { ok: false, errors: parsed.error.issues.map(({ path, message }) => ({ path: z.core.toDotPath(path), message })) };
}

/** What compiling a suite's expressions and trying them on small answers may take, each counted once. */
const workPerSuite = 2 ** 26;
/** What the checks of one case may take together on the longest answer: some seconds. */
const workPerCase = 2 ** 29;

/** Compiles every pattern, expression and schema of a suite, names each that does not hold, and fixes the digest. */
export async function checkSuite(suite: SuiteDefinition): Promise<CheckedSuite> {
  const check = checkOnce(newWorkBudget(workPerSuite));
  const errors = suite.cases.flatMap(({ expectations }, index) => caseErrors(`cases.${index}.expectations`, expectations.map(check)));
  if (errors.length > 0) return { ok: false, errors };
  // A body was asked this at the door; a file comes by no door.
  if (!isStorable(suite)) return { ok: false, errors: [{ path: "", message: "a text holds U+0000 or half of a surrogate pair" }] };
  return { ok: true, suite, digest: await digestSuite(suite) };
}

/** Many cases ask the same: what was checked once is not paid for again. */
function checkOnce(budget: WorkBudget): (expectation: Expectation) => CheckedExpectation {
  const known = new Map<string, CheckedExpectation>();
  return (expectation) => {
    const key = JSON.stringify(expectation);
    const checked = known.get(key) ?? checkExpectation(expectation, budget);
    known.set(key, checked);
    return checked;
  };
}

function caseErrors(path: string, checked: readonly CheckedExpectation[]): readonly FieldError[] {
  const errors = checked.flatMap((one, index) => (one.ok ? [] : [{ path: `${path}.${index}.${one.field}`, message: one.detail }]));
  const work = checked.reduce((sum, one) => sum + (one.ok ? one.work : 0), 0);
  if (errors.length > 0 || work <= workPerCase) return errors;
  return [{ path, message: "The checks of a case take too much work on the longest answer, together." }];
}
