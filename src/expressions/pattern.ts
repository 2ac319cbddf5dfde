import { RE2JS, RE2JSException } from "re2js";
import { boundPatternSize } from "./pattern-size.ts";
import { remember } from "./remember.ts";
import { newWorkBudget, spend, type WorkBudget } from "./work-budget.ts";

export const patternLimits = { sourceChars: 512, programSize: 1_000, textChars: 262_144, work: 2 ** 20 } as const;
/** What asking for a pattern, and testing it, costs beside what depends on its size. */
const perCompilation = 2_048;
const perTest = 32;

export type PatternRefusal = { readonly reason: "too_long" | "too_large" | "syntax" | "work_exceeded"; readonly detail: string };
export type PatternTest =
  | { readonly ok: true; readonly matched: boolean }
  | { readonly ok: false; readonly reason: "text_too_long" | "work_exceeded" };

/** A tenant's regular expression, compiled. `test` finds it anywhere in the text, in time linear in the text. */
export type Pattern = {
  readonly source: string;
  /** Instructions of the compiled program: a test costs at most this times the characters of the text. */
  readonly programSize: number;
  readonly test: (text: string, budget?: WorkBudget) => PatternTest;
};

export type PatternCompilation = { readonly ok: true; readonly pattern: Pattern } | ({ readonly ok: false } & PatternRefusal);

/**
 * Compiles a pattern in RE2 syntax (github.com/google/re2/wiki/Syntax): no backreferences, no lookaround, and so no
 * backtracking. This is the only engine that tenants' patterns reach. Refuses what is longer than 512 characters,
 * compiles to more than 1,000 instructions, or takes more work to prepare than the budget or any pattern has.
 */
export function compilePattern(source: string, budget: WorkBudget = newWorkBudget()): PatternCompilation {
  if (source.length > patternLimits.sourceChars) {
    return refuse("too_long", `a pattern has at most ${patternLimits.sourceChars} characters`);
  }
  const bound = boundPatternSize(source);
  if (bound.program === Infinity) return refuse("syntax", "\\Q…\\E is not supported: escape each character");
  if (bound.program > patternLimits.programSize * 8) return refuse("too_large", "the pattern repeats too much");
  if (bound.work > patternLimits.work) return refuse("too_large", "the pattern holds too many classes of characters");
  if (!spend(budget, perCompilation + bound.work)) return refuse("work_exceeded", "the patterns take too much work to prepare");
  const engine = compileEngine(source);
  if (typeof engine === "string") return refuse("syntax", engine);
  const programSize = engine.programSize();
  if (programSize > patternLimits.programSize) {
    return refuse("too_large", `the pattern compiles to ${programSize} instructions; at most ${patternLimits.programSize} are allowed`);
  }
  return { ok: true, pattern: { source, programSize, test: (text, budget) => test(engine, programSize, text, budget ?? newWorkBudget()) } };
}

const compileEngine = remember(64, (source): RE2JS | string => {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
});

function test(engine: RE2JS, programSize: number, text: string, budget: WorkBudget): PatternTest {
  if (text.length > patternLimits.textChars) return { ok: false, reason: "text_too_long" };
  if (!spend(budget, programSize * text.length + perTest)) return { ok: false, reason: "work_exceeded" };
  const matched = engine.test(text);
  forgetStates(engine);
  return { ok: true, matched };
}

const keptBytes = 2 ** 17;

/** An engine keeps the states that it found, up to 8 MB of them: too much for each pattern that is remembered. */
function forgetStates(engine: RE2JS): void {
  engine.reset();
  const states: typeof engine.re2Input.lazyDFA | null = engine.re2Input.lazyDFA;
  if (states !== null && states.stateBudget - states.memBudget > keptBytes) states.clearCache();
}

const refuse = (reason: PatternRefusal["reason"], detail: string): PatternCompilation => ({ ok: false, reason, detail });
