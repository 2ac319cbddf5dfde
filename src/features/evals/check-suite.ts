import { z } from "@hono/zod-openapi";
import type { Digest } from "../../crypto/digest.ts";
import { isStorable } from "../../expressions/json.ts";
import { compileJsonSchema } from "../../expressions/json-schema.ts";
import { compilePattern } from "../../expressions/pattern.ts";
import type { FieldError } from "../../http/problem.ts";
import { compileSuiteExpression } from "./checks/cel.ts";
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

/** Compiles every pattern, expression and schema of a suite, names each that does not hold, and fixes the digest. */
export async function checkSuite(suite: SuiteDefinition): Promise<CheckedSuite> {
  const errors = suite.cases.flatMap(({ expectations }, caseIndex) =>
    expectations.flatMap((expectation, index) => {
      const fault = expectationFault(expectation);
      return fault === undefined ? [] : [{ path: `cases.${caseIndex}.expectations.${index}.${fault.field}`, message: fault.detail }];
    }),
  );
  if (errors.length > 0) return { ok: false, errors };
  // A body was asked this at the door; a file comes by no door.
  if (!isStorable(suite)) return { ok: false, errors: [{ path: "", message: "a text holds U+0000 or half of a surrogate pair" }] };
  return { ok: true, suite, digest: await digestSuite(suite) };
}

function expectationFault(expectation: Expectation): { field: string; detail: string } | undefined {
  switch (expectation.kind) {
    case "regex":
    case "forbidden_pattern": {
      const compiled = compilePattern(expectation.pattern);
      return compiled.ok ? undefined : { field: "pattern", detail: compiled.detail };
    }
    case "cel": {
      const compiled = compileSuiteExpression(expectation.expression);
      return compiled.ok ? undefined : { field: "expression", detail: compiled.detail };
    }
    case "json_schema": {
      const compiled = compileJsonSchema(expectation.schema);
      return compiled.ok ? undefined : { field: ["schema", ...compiled.path].join("."), detail: compiled.detail };
    }
    default:
      return undefined;
  }
}
