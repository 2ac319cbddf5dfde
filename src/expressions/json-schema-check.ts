import type { JsonValue } from "../crypto/canonical-json.ts";
import type { JsonObject } from "./json.ts";
import type { PatternTest } from "./pattern.ts";
import { spend, type WorkBudget } from "./work-budget.ts";

/** Where a value breaks its schema: the names and indexes that lead to the place, and the keyword that it breaks. */
export type Fault = { readonly path: readonly string[]; readonly keyword: string };
export type Run = { readonly budget: WorkBudget; depth: number };
export type Check = (value: JsonValue, run: Run) => Fault | undefined;

export type Keyword = (argument: JsonValue, context: KeywordContext) => Check;
export type KeywordContext = {
  /** The schema object that the keyword stands in. */
  readonly schema: JsonObject;
  /** What compiling patterns is charged to. */
  readonly budget: WorkBudget;
  readonly compile: (subschema: JsonValue, ...path: readonly string[]) => Check;
  /** The schema of another keyword beside this one, where there is one. */
  readonly sibling: (keyword: string) => Check | undefined;
};

/** A schema that is refused; the keyword's path is added on the way out. */
export class InvalidSchema extends Error {}
export const invalid = (detail: string): never => {
  throw new InvalidSchema(detail);
};

export type StopReason = "work_exceeded" | "text_too_long" | "too_deep";
/** Ends a validation that cannot be completed: the answer is neither valid nor invalid. */
export class Stopped extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(reason);
    this.reason = reason;
  }
}

/** What looking at one member, element or subschema costs. */
export const perPart = 4;

export function pay(run: Run, units: number): void {
  if (!spend(run.budget, units)) throw new Stopped("work_exceeded");
}

export function settle(test: PatternTest): boolean {
  if (test.ok) return test.matched;
  throw new Stopped(test.reason);
}

export const broken = (keyword: string): Fault => ({ path: [], keyword });
export const within = (name: string | number, fault: Fault | undefined): Fault | undefined =>
  fault && { path: [String(name), ...fault.path], keyword: fault.keyword };
/** A check from a yes or no. */
export const must =
  (keyword: string, holds: (value: JsonValue, run: Run) => boolean): Check =>
  (value, run) =>
    holds(value, run) ? undefined : broken(keyword);
