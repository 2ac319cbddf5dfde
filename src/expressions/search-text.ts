import { spend, type WorkBudget } from "./work-budget.ts";

export type TextSearch = { readonly ok: true; readonly found: boolean } | { readonly ok: false; readonly reason: "work_exceeded" };

/**
 * Whether `text` contains `needle`. Engines search in text × needle at worst ("aaa…" for "aabaaa…" takes seconds at
 * 256 Ki × 100 Ki characters), so that product is what the search is charged, at 40 comparisons a unit.
 */
export function searchText(text: string, needle: string, budget: WorkBudget): TextSearch {
  if (needle.length > text.length) return { ok: true, found: false };
  if (!spend(budget, Math.ceil((text.length * needle.length) / 40) + 1)) return { ok: false, reason: "work_exceeded" };
  return { ok: true, found: text.includes(needle) };
}
