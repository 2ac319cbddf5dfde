import { spend, type WorkBudget } from "./work-budget.ts";

export type TextSearch = { readonly ok: true; readonly found: boolean } | { readonly ok: false; readonly reason: "work_exceeded" };

/** Whether `text` contains `needle`, for a unit for each character of both. */
export function searchText(text: string, needle: string, budget: WorkBudget): TextSearch {
  if (!spend(budget, text.length + needle.length + 1)) return { ok: false, reason: "work_exceeded" };
  return { ok: true, found: occursIn(text, needle) };
}

/**
 * Knuth, Morris and Pratt's search (1977). Engines search in text × needle at worst: "aaa…" for "aabaaa…" takes seconds at
 * 256 Ki × 100 Ki characters.
 */
function occursIn(text: string, needle: string): boolean {
  const borders = bordersOf(needle);
  let matched = 0;
  for (let at = 0; at < text.length && matched < needle.length; at += 1) {
    matched = extended(needle, borders, matched, text.charCodeAt(at));
  }
  return matched === needle.length;
}

/** For each length, how much of the needle's beginning that much of it ends with, itself left out. */
function bordersOf(needle: string): Int32Array {
  const borders = new Int32Array(needle.length + 1);
  for (let at = 1, matched = 0; at < needle.length; at += 1) {
    matched = extended(needle, borders, matched, needle.charCodeAt(at));
    borders[at + 1] = matched;
  }
  return borders;
}

/** How much of the needle's beginning is matched with one more character. */
function extended(needle: string, borders: Int32Array, matched: number, char: number): number {
  let length = matched;
  while (length > 0 && needle.charCodeAt(length) !== char) length = borders[length] ?? 0;
  return needle.charCodeAt(length) === char ? length + 1 : 0;
}
