import { RE2JS, RE2JSException } from "re2js";
import { boundProgramSize } from "./pattern-size.ts";
import { newWorkBudget, spend, type WorkBudget } from "./work-budget.ts";

export const patternLimits = { sourceChars: 512, programSize: 1_000, textChars: 262_144 } as const;

export type PatternRefusal = { readonly reason: "too_long" | "too_large" | "syntax"; readonly detail: string };
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
 * backtracking. This is the only engine that tenants' patterns reach. Refuses what is longer than 512 characters or
 * compiles to more than 1,000 instructions.
 */
export function compilePattern(source: string): PatternCompilation {
  if (source.length > patternLimits.sourceChars) {
    return refuse("too_long", `a pattern has at most ${patternLimits.sourceChars} characters`);
  }
  const bound = boundProgramSize(source);
  if (bound === Infinity) return refuse("syntax", "\\Q…\\E is not supported: escape each character");
  if (bound > patternLimits.programSize * 8) return refuse("too_large", "the pattern repeats too much");
  const engine = compileEngine(source);
  if (typeof engine === "string") return refuse("syntax", engine);
  const programSize = engine.programSize();
  if (programSize > patternLimits.programSize) {
    return refuse("too_large", `the pattern compiles to ${programSize} instructions; at most ${patternLimits.programSize} are allowed`);
  }
  return { ok: true, pattern: { source, programSize, test: (text, budget) => test(engine, programSize, text, budget ?? newWorkBudget()) } };
}

function compileEngine(source: string): RE2JS | string {
  try {
    return RE2JS.compile(source);
  } catch (error) {
    if (error instanceof RE2JSException) return error.message;
    throw error;
  }
}

function test(engine: RE2JS, programSize: number, text: string, budget: WorkBudget): PatternTest {
  if (text.length > patternLimits.textChars) return { ok: false, reason: "text_too_long" };
  if (!spend(budget, programSize * text.length + 1)) return { ok: false, reason: "work_exceeded" };
  return { ok: true, matched: engine.test(text) };
}

const refuse = (reason: PatternRefusal["reason"], detail: string): PatternCompilation => ({ ok: false, reason, detail });
