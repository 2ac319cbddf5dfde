import { Environment, EvaluationError, type ASTNode } from "@marcbachmann/cel-js";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { meterExpression, type Metered } from "./cel-metering.ts";
import { spendDeepWork, surfaceWork, toCelValue, type CelConversion, type CelValue } from "./cel-values.ts";
import { compilePattern, patternLimits, type Pattern } from "./pattern.ts";
import { remember } from "./remember.ts";
import { searchText } from "./search-text.ts";
import { newWorkBudget, spend, type WorkBudget } from "./work-budget.ts";

export const celLimits = { sourceChars: 2_000, nodes: 256, depth: 48, elements: 64, arguments: 4 } as const;
/** What compiling costs, beside the patterns in it. */
const perCompilation = 4_096;
const perChar = 192;
/** How much is remembered of expressions over the same variables, in characters; each counts as some more. A character takes about 280 bytes. */
const remembered = { chars: 2 ** 16, each: 64 } as const;
/** How many expressions one engine compiles: what it keeps of their types and functions grows with each. */
const compilationsPerEngine = 256;
const perNode = 8;
/** The engine builds an error with a stack and an excerpt, and its loops and `||` go on after it. */
const perError = 1_000;

export type CelType = "dyn" | "double" | "string" | "bool" | "list<dyn>";
/** What an expression may read, by name. */
export type CelVariables = Readonly<Record<string, CelType>>;

export type CelRefusal = {
  readonly reason: "too_long" | "not_valid" | "not_supported" | "not_boolean" | "pattern" | "work_exceeded";
  readonly detail: string;
};
export type CelResult =
  | { readonly ok: true; readonly value: boolean }
  | { readonly ok: false; readonly reason: "missing"; readonly variable: string }
  | { readonly ok: false; readonly reason: "failed"; readonly detail: string }
  | { readonly ok: false; readonly reason: "too_deep" | "work_exceeded" };

/** An expression that was checked. `evaluate` is bounded by the budget, whatever the expression and the values are. */
export type CelProgram = {
  readonly source: string;
  readonly reads: ReadonlySet<string>;
  readonly members: ReadonlySet<string>;
  /** What compiling it is charged. */
  readonly preparation: number;
  readonly evaluate: (values: CelContext, budget?: WorkBudget) => CelResult;
};
export type CelCompilation = { readonly ok: true; readonly program: CelProgram } | ({ readonly ok: false } & CelRefusal);

/** The values of variables, each converted when it is first read. `undefined` is a value that nobody reported. */
export type CelContext = (variable: string, budget: WorkBudget) => CelConversion | undefined;

export function celContext(values: Readonly<Record<string, JsonValue | undefined>>): CelContext {
  const converted = new Map<string, CelConversion>();
  return (variable, budget) => {
    const known = converted.get(variable);
    if (known !== undefined) return known;
    const value = Object.hasOwn(values, variable) ? values[variable] : undefined;
    if (value === undefined) return undefined;
    const conversion = toCelValue(value, budget);
    if (conversion.ok || conversion.reason === "too_deep") converted.set(variable, conversion);
    return conversion;
  };
}

/**
 * Parses and type-checks a CEL expression (github.com/google/cel-spec) against the variables, and says why it is refused:
 * it must be boolean, within the limits, and use only the standard functions that are listed in cel-metering.ts.
 * JSON numbers are doubles, as in every CEL: write `output.price + 1.0`, and compare with `output.price > 1` or `1.0`.
 */
export function compileCel(source: string, variables: CelVariables, budget: WorkBudget = newWorkBudget()): CelCompilation {
  if (source.length > celLimits.sourceChars) return refuse("too_long", `an expression has at most ${celLimits.sourceChars} characters`);
  if (!spend(budget, readingOf(source))) return refuse("work_exceeded", tooMuchWork);
  const { compilation, patternWork } = compilerOver(variables)(source);
  return spend(budget, patternWork) ? compilation : refuse("work_exceeded", tooMuchWork);
}

const readingOf = (source: string): number => perCompilation + perChar * source.length;
const tooMuchWork = "the expressions take too much work to prepare";

type Compiled = { readonly compilation: CelCompilation; readonly patternWork: number };

const compilers = new WeakMap<CelVariables, (source: string) => Compiled>();
function compilerOver(variables: CelVariables): (source: string) => Compiled {
  const compiler = compilers.get(variables) ?? newCompiler(variables);
  compilers.set(variables, compiler);
  return compiler;
}

function newCompiler(variables: CelVariables): (source: string) => Compiled {
  let engine = new Engine(variables);
  const make = (source: string): Compiled => {
    if (engine.compilations >= compilationsPerEngine) engine = new Engine(variables);
    engine.compilations += 1;
    return compile(source, engine);
  };
  return remember(remembered.chars, make, (source) => source.length + remembered.each);
}

/** What expressions over the same variables share: building it costs ten times what compiling one of them does. */
class Engine {
  readonly names: ReadonlySet<string>;
  /** Reads what tenants wrote. */
  readonly checking: Environment;
  /** Evaluates what was made of that. */
  readonly metered: Environment;
  readonly meter = new Meter();
  compilations = 0;

  constructor(variables: CelVariables) {
    this.names = new Set(Object.keys(variables));
    this.checking = new Environment({ homogeneousAggregateLiterals: false, limits: parserLimits });
    this.metered = new Environment({ homogeneousAggregateLiterals: false, limits: { maxAstNodes: 4_096, maxDepth: 1_024 } });
    declare(this.checking, variables);
    declare(this.metered, variables);
    registerMeters(this.metered, this.meter);
    registerSearches(this.metered, this.meter);
  }
}

function compile(source: string, engine: Engine): Compiled {
  const parsed = parseChecked(source, engine.checking);
  if (!parsed.ok) return { compilation: refuse(parsed.reason, parsed.detail), patternWork: 0 };
  const metered = meterExpression(parsed.ast, engine.names);
  if (!metered.ok) return { compilation: refuse("not_supported", metered.detail), patternWork: 0 };
  const budget = newWorkBudget(patternLimits.work);
  const compilation = withPatterns(source, engine, metered, budget);
  return { compilation, patternWork: patternLimits.work - budget.remaining };
}

/** The patterns of one expression together take no more work than one pattern may. */
function withPatterns(source: string, engine: Engine, metered: Metered, budget: WorkBudget): CelCompilation {
  const patterns = new Map<string, Pattern>();
  for (const pattern of metered.patterns) {
    const compilation = compilePattern(pattern, budget);
    if (!compilation.ok) return refuse("pattern", compilation.detail);
    patterns.set(pattern, compilation.pattern);
  }
  const preparation = readingOf(source) + patternLimits.work - budget.remaining;
  const { reads, members } = metered;
  return { ok: true, program: { source, reads, members, preparation, evaluate: prepare(metered, engine, patterns) } };
}

const refuse = (reason: CelRefusal["reason"], detail: string): CelCompilation => ({ ok: false, reason, detail });

type Parsed = { ok: true; ast: ASTNode } | { ok: false; reason: "not_valid" | "not_boolean"; detail: string };

/** The same limits, as the engine's parser names them. */
export const parserLimits = {
  maxAstNodes: celLimits.nodes,
  maxDepth: celLimits.depth,
  maxListElements: celLimits.elements,
  maxMapEntries: celLimits.elements,
  maxCallArguments: celLimits.arguments,
} as const;

function parseChecked(source: string, environment: Environment): Parsed {
  try {
    const expression = environment.parse(source);
    const check = expression.check();
    if (!check.valid) return { ok: false, reason: "not_valid", detail: messageOf(check.error) };
    if (check.type !== "bool" && check.type !== "dyn")
      return { ok: false, reason: "not_boolean", detail: `the expression gives ${check.type ?? "nothing"}, not bool` };
    return { ok: true, ast: expression.ast };
  } catch (error) {
    return { ok: false, reason: "not_valid", detail: messageOf(error) };
  }
}

/** The engine's messages show the tenant's own expression and where in it the fault is. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message.slice(0, 500) : "the expression is not valid");

function declare(environment: Environment, variables: CelVariables): void {
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
}

/** One object of this class ends an evaluation; what the engine swallows in `||`, `&&` and loops is caught by `spent`. */
const outOfWork = new Error("work exceeded");

class Meter {
  budget: WorkBudget = newWorkBudget(0);
  spent = false;
  /** Of the expression that is being evaluated. */
  patterns: ReadonlyMap<string, Pattern> = new Map();

  begin(budget: WorkBudget, patterns: ReadonlyMap<string, Pattern>): void {
    this.budget = budget;
    this.patterns = patterns;
    this.spent = false;
  }
  pay(units: number): void {
    if (!this.spent && spend(this.budget, units)) return;
    this.stop();
  }
  stop(): never {
    this.spent = true;
    throw outOfWork;
  }
}

function prepare(metered: Metered, engine: Engine, patterns: ReadonlyMap<string, Pattern>): CelProgram["evaluate"] {
  const { meter } = engine;
  const expression = engine.metered.parse(metered.text);
  expression.check();
  return (values, budget = newWorkBudget()) => {
    const context: Record<string, CelValue> = Object.create(null);
    for (const variable of metered.reads) {
      const conversion = values(variable, budget);
      if (conversion === undefined) return { ok: false, reason: "missing", variable };
      if (!conversion.ok) return conversion;
      context[variable] = conversion.value;
    }
    meter.begin(budget, patterns);
    return run(() => expression(context), meter);
  };
}

function run(evaluate: () => unknown, meter: Meter): CelResult {
  try {
    const value = evaluate();
    if (meter.spent) return { ok: false, reason: "work_exceeded" };
    return typeof value === "boolean" ? { ok: true, value } : { ok: false, reason: "failed", detail: "not_boolean" };
  } catch (error) {
    if (meter.spent) return { ok: false, reason: "work_exceeded" };
    // Only the code: the engine's messages may quote the values.
    return { ok: false, reason: "failed", detail: error instanceof EvaluationError ? error.code : "not_computable" };
  }
}

/** Macros, so that a node is paid for before it is evaluated and keeps its static type. */
function registerMeters(environment: Environment, meter: Meter): void {
  const wrap = (settle: (value: unknown) => void) => (macro: MacroCall) => ({
    async: false,
    typeCheck: (checker: Checker, _macro: unknown, context: unknown) => checker.check(macro.args[0], context),
    evaluate: (evaluator: Evaluator, _macro: unknown, context: unknown) => {
      meter.pay(perNode);
      try {
        const value = evaluator.run(macro.args[0], context);
        settle(value);
        return value;
      } catch (error) {
        meter.pay(perError);
        throw error;
      }
    },
  });
  environment.registerFunction(
    "meter(ast): dyn",
    wrap((value) => meter.pay(surfaceWork(value))),
  );
  environment.registerFunction(
    "weigh(ast): dyn",
    wrap((value) => {
      if (!spendDeepWork(value, meter.budget)) meter.stop();
    }),
  );
}

type MacroCall = { readonly args: readonly unknown[] };
type Checker = { check: (node: unknown, context: unknown) => unknown };
type Evaluator = { run: (node: unknown, context: unknown) => unknown };

function registerSearches(environment: Environment, meter: Meter): void {
  environment.registerFunction("string.containsMetered(string): bool", (text: string, needle: string) => {
    const search = searchText(text, needle, meter.budget);
    return search.ok ? search.found : meter.stop();
  });
  environment.registerFunction("string.matchesMetered(string): bool", (text: string, source: string) => {
    const result = meter.patterns.get(source)?.test(text, meter.budget);
    if (result?.ok) return result.matched;
    return meter.stop();
  });
}
