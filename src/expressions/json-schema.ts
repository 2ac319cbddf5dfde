import type { JsonValue } from "../crypto/canonical-json.ts";
import { isJsonObject, weightOf, type JsonObject } from "./json.ts";
import { applicators } from "./json-schema-applicators.ts";
import { assertions, text } from "./json-schema-assertions.ts";
import { broken, invalid, InvalidSchema, pay, Stopped, type Check, type Fault, type StopReason } from "./json-schema-check.ts";
import { remember } from "./remember.ts";
import { newWorkBudget, spend, type WorkBudget } from "./work-budget.ts";

const jsonSchemaLimits = { chars: 32_768, depth: 32, nodes: 1_000 } as const;
/** What compiling costs, beside the patterns in it, and what those may take together. */
const perCompilation = 2_048;
const perChar = 8;
const mostPatternWork = 2 ** 22;
const mostRemembered = 8;
/** How deep references and values may lead a validation. */
const maxVisits = 256;
const perVisit = 8;

const dialects = ["https://json-schema.org/draft/2020-12/schema"];
/** Keywords that say nothing of the value, and those that another keyword reads. */
const silent = new Set(["$comment", "default", "deprecated", "description", "examples", "readOnly", "title", "writeOnly"]);
const read = new Map([
  ["then", "if"],
  ["else", "if"],
  ["minContains", "contains"],
  ["maxContains", "contains"],
]);
const atRoot = new Set(["$schema", "$id", "$defs", "definitions"]);

export type JsonSchemaOutcome =
  | { readonly ok: true; readonly valid: true }
  /** `at` is the JSON Pointer (RFC 6901) of the first place that breaks the schema. */
  | { readonly ok: true; readonly valid: false; readonly at: string; readonly keyword: string }
  | { readonly ok: false; readonly reason: StopReason };
export type JsonSchema = { readonly validate: (value: JsonValue, budget?: WorkBudget) => JsonSchemaOutcome };
export type JsonSchemaCompilation =
  | { readonly ok: true; readonly schema: JsonSchema }
  | { readonly ok: false; readonly path: readonly string[]; readonly detail: string };

/**
 * Compiles a JSON Schema (2020-12) into a validation that is bounded by a budget, with tenants' patterns on the linear
 * engine. Ready-made validators run them, and formats of their own, on the backtracking one, and follow references that
 * fan out without end. A keyword that is not known here is refused: a misspelt one would be a check that always passes.
 * References lead to `#` and `#/$defs/…` only, and `format` is asserted.
 */
export function compileJsonSchema(schema: JsonValue, budget: WorkBudget = newWorkBudget()): JsonSchemaCompilation {
  if (weightOf(schema, jsonSchemaLimits.depth) > jsonSchemaLimits.chars) return refuse([], "the schema is too large or nested too deeply");
  const source = JSON.stringify(schema);
  if (!spend(budget, perCompilation + perChar * source.length)) return refuse([], tooMuchWork);
  const { compilation, patternWork } = compile(source);
  return spend(budget, patternWork) ? compilation : refuse([], tooMuchWork);
}

const refuse = (path: readonly string[], detail: string): JsonSchemaCompilation => ({ ok: false, path, detail });
const tooMuchWork = "the schemas take too much work to prepare";

type Compiled = { readonly compilation: JsonSchemaCompilation; readonly patternWork: number };

const compile = remember(mostRemembered, (source): Compiled => {
  const schema: JsonValue = JSON.parse(source);
  const budget = newWorkBudget(mostPatternWork);
  const compiler = new Compiler(isJsonObject(schema) ? schema : {}, budget);
  const compilation = compileWith(compiler, schema);
  return { compilation, patternWork: mostPatternWork - budget.remaining };
});

function compileWith(compiler: Compiler, schema: JsonValue): JsonSchemaCompilation {
  try {
    const root = compiler.compileRoot(schema);
    return { ok: true, schema: { validate: (value, budget) => validate(root, value, budget ?? newWorkBudget()) } };
  } catch (error) {
    if (error instanceof InvalidSchema) return refuse(compiler.path, error.message);
    throw error;
  }
}

function validate(root: Check, value: JsonValue, budget: WorkBudget): JsonSchemaOutcome {
  try {
    const fault = root(value, { budget, depth: 0 });
    if (fault === undefined) return { ok: true, valid: true };
    return { ok: true, valid: false, at: pointer(fault), keyword: fault.keyword };
  } catch (error) {
    if (error instanceof Stopped) return { ok: false, reason: error.reason };
    throw error;
  }
}

const pointer = ({ path }: Fault): string => path.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

class Compiler {
  /** Where the compiler stands; after a refusal, where the fault is. */
  path: string[] = [];
  #nodes = 0;
  readonly #document: JsonObject;
  readonly #budget: WorkBudget;
  readonly #targets = new Map<string, Check>();

  constructor(document: JsonObject, budget: WorkBudget) {
    this.#document = document;
    this.#budget = budget;
  }

  compileRoot(schema: JsonValue): Check {
    for (const home of ["$defs", "definitions"]) {
      const definitions = this.#document[home];
      if (definitions === undefined) continue;
      if (!isJsonObject(definitions)) return invalid(`${home} must be an object`);
      for (const [name, definition] of Object.entries(definitions)) {
        this.#targets.set(
          `#/${home}/${name}`,
          this.#at([home, name], () => this.#compile(definition ?? false, false)),
        );
      }
    }
    const root = this.#compile(schema, true);
    this.#targets.set("#", root);
    return root;
  }

  #at<T>(names: readonly string[], work: () => T): T {
    this.path.push(...names);
    const result = work();
    this.path.length -= names.length;
    return result;
  }

  #compile(schema: JsonValue, isRoot: boolean): Check {
    if ((this.#nodes += 1) > jsonSchemaLimits.nodes) return invalid("the schema has too many parts");
    if (typeof schema === "boolean") return (_value, run) => (pay(run, perVisit), schema ? undefined : broken("false"));
    if (!isJsonObject(schema)) return invalid("a schema is an object, true or false");
    const checks = Object.entries(schema).flatMap(([name, argument]) =>
      argument === undefined ? [] : this.#at([name], () => this.#keyword(name, argument, schema, isRoot)),
    );
    return (value, run) => {
      pay(run, perVisit + checks.length * 2);
      if ((run.depth += 1) > maxVisits) throw new Stopped("too_deep");
      for (const check of checks) {
        const fault = check(value, run);
        if (fault !== undefined) {
          run.depth -= 1;
          return fault;
        }
      }
      run.depth -= 1;
      return undefined;
    };
  }

  #keyword(name: string, argument: JsonValue, schema: JsonObject, isRoot: boolean): Check[] {
    if (silent.has(name)) return [];
    if (name === "$ref") return [this.#reference(text(argument))];
    if (atRoot.has(name)) {
      if (!isRoot) return invalid("only at the root of the schema");
      if (name === "$schema" && !dialects.includes(text(argument).replace(/#$/, ""))) return invalid(`only ${dialects.join(", ")}`);
      return [];
    }
    const reader = read.get(name);
    if (reader !== undefined) return reader in schema ? [] : invalid(`means nothing without ${reader}`);
    const keyword = Object.hasOwn(assertions, name) ? assertions[name] : Object.hasOwn(applicators, name) ? applicators[name] : undefined;
    if (keyword === undefined) return invalid("unknown keyword");
    const compile = (subschema: JsonValue, ...path: readonly string[]) => this.#at(path, () => this.#compile(subschema, false));
    return [keyword(argument, { schema, budget: this.#budget, compile, sibling: (other) => this.#sibling(other, schema) })];
  }

  #sibling(name: string, schema: JsonObject): Check | undefined {
    const subschema = schema[name];
    if (subschema === undefined) return undefined;
    const here = this.path.pop() ?? "";
    const check = this.#at([name], () => this.#compile(subschema, false));
    this.path.push(here);
    return check;
  }

  #reference(reference: string): Check {
    const [, home, name] = /^#\/(\$defs|definitions)\/([\w.-]+)$/.exec(reference) ?? [];
    const definitions = home === undefined ? undefined : this.#document[home];
    const known = reference === "#" || (name !== undefined && isJsonObject(definitions) && Object.hasOwn(definitions, name));
    if (!known) return invalid("references lead to # or to #/$defs/… of this schema");
    return (value, run) => this.#targets.get(reference)?.(value, run);
  }
}
