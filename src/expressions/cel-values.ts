import type { JsonValue } from "../crypto/canonical-json.ts";
import { spend, type WorkBudget } from "./work-budget.ts";

const maxDepth = 64;
/** What handling one node, and one character, of a value costs. */
const perNode = 8;
const charsPerUnit = 4;

export type CelValue = null | boolean | number | string | readonly CelValue[] | ReadonlyMap<string, CelValue>;
export type CelConversion =
  | { readonly ok: true; readonly value: CelValue }
  | { readonly ok: false; readonly reason: "too_deep" | "work_exceeded" };

/**
 * A JSON value as CEL sees it: numbers are doubles, and objects become Maps, because the engine looks at `constructor`,
 * which in a plain object may be the tenant's own data. Refuses what is nested more than 64 deep.
 */
export function toCelValue(value: JsonValue, budget: WorkBudget, depth = 0): CelConversion {
  if (!spend(budget, perNode)) return { ok: false, reason: "work_exceeded" };
  if (depth > maxDepth) return { ok: false, reason: "too_deep" };
  if (value === null || typeof value !== "object") return { ok: true, value };
  if (isList(value)) {
    const items: CelValue[] = [];
    for (const item of value) {
      const converted = toCelValue(item, budget, depth + 1);
      if (!converted.ok) return converted;
      items.push(converted.value);
    }
    return { ok: true, value: items };
  }
  const members = new Map<string, CelValue>();
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const converted = toCelValue(member, budget, depth + 1);
    if (!converted.ok) return converted;
    members.set(name, converted.value);
  }
  return { ok: true, value: members };
}

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value);

/** What an operator pays that only walks along a value: its characters, its elements, and the first elements within. */
export function surfaceWork(value: unknown): number {
  if (typeof value === "string") return value.length / charsPerUnit;
  if (value instanceof Map) return value.size;
  if (!Array.isArray(value)) return 1;
  let depth = 0;
  for (let inner: unknown = value; Array.isArray(inner) && depth < maxDepth * 2; inner = inner[0]) depth += 1;
  return value.length + depth * perNode;
}

/** Charges what a deep comparison of a value pays, which counts a part as often as it is reached; false when overdrawn. */
export function spendDeepWork(value: unknown, budget: WorkBudget): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (!spend(budget, perNode + (typeof next === "string" ? next.length / charsPerUnit : 0))) return false;
    if (Array.isArray(next)) for (const item of next) pending.push(item);
    else if (next instanceof Map) for (const [key, member] of next) pending.push(key, member);
    else if (next !== null && typeof next === "object") for (const member of Object.values(next)) pending.push(member);
  }
  return true;
}
