import type { JsonValue } from "../crypto/canonical-json.ts";
import { isJsonArray, isJsonObject, memberOf } from "./json.ts";
import { spend, type WorkBudget } from "./work-budget.ts";

/** One step of a path: a member by name, an element by index, or every element. */
export type PathStep = { readonly member: string } | { readonly index: number } | { readonly every: true };
export type JsonPath = readonly PathStep[];

const maxChars = 256;
const maxSteps = 16;
const form = /^(?:\.?([\p{L}\p{N}_$-]+)|\[(\d{1,6})\]|\[(\*)\]|\["([^"\\]{1,64})"\])/u;

/**
 * Reads a path such as `recipient.iban`, `lines[0].price`, `lines[*].price` or `["odd name"]`, of at most 16 steps.
 * The empty text is the value itself. Undefined where it is not a path.
 */
export function parsePath(text: string): JsonPath | undefined {
  if (text.length > maxChars || text.startsWith(".")) return undefined;
  const steps: PathStep[] = [];
  for (let rest = text; rest !== "";) {
    const [whole, name, index, every, quoted] = form.exec(rest) ?? [];
    if (whole === undefined || steps.length === maxSteps) return undefined;
    // A bare name begins the path or follows a dot.
    if (name !== undefined && steps.length > 0 && !whole.startsWith(".")) return undefined;
    if (every !== undefined) steps.push({ every: true });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push({ member: name ?? quoted ?? "" });
    rest = rest.slice(whole.length);
  }
  return steps;
}

/** What a path leads to. `whole` is false where one of its branches ends early: `[*].price` over an element without a price. */
export type Found = { readonly values: readonly JsonValue[]; readonly whole: boolean };

/**
 * Follows a path: to one value, none, or with `[*]` any number; undefined where that costs too much.
 * Own members only, so `constructor` and `__proto__` are names like any other.
 */
export function follow(value: JsonValue, path: JsonPath, budget: WorkBudget): Found | undefined {
  let found: Found = { values: [value], whole: true };
  for (const step of path) {
    if (!spend(budget, found.values.length * 2)) return undefined;
    const branches = found.values.map((each) => take(each, step));
    const width = branches.reduce((sum, branch) => sum + (branch?.length ?? 0), 0);
    if (!spend(budget, width * 2)) return undefined;
    found = { values: branches.flatMap((branch) => branch ?? []), whole: found.whole && !branches.includes(undefined) };
  }
  return found;
}

function take(value: JsonValue, step: PathStep): readonly JsonValue[] | undefined {
  if ("member" in step) return one(isJsonObject(value) ? memberOf(value, step.member) : undefined);
  if (!isJsonArray(value)) return undefined;
  return "every" in step ? value : one(value[step.index]);
}

const one = (value: JsonValue | undefined): readonly JsonValue[] | undefined => (value === undefined ? undefined : [value]);
