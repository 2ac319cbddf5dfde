import type { JsonValue } from "../crypto/canonical-json.ts";

export type JsonObject = { readonly [name: string]: JsonValue | undefined };
export type JsonKind = "null" | "boolean" | "number" | "string" | "array" | "object";

export const isJsonArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);
export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of its own: what an object inherits from its prototype is not in the JSON. */
export const memberOf = (value: JsonObject, name: string): JsonValue | undefined => (Object.hasOwn(value, name) ? value[name] : undefined);

/** JSON can escape what PostgreSQL does not store (U+0000) and what has no UTF-8, and so no digest (half a surrogate pair). */
export function isStorable(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0");
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member));
}

export function kindOf(value: JsonValue): JsonKind {
  if (value === null) return "null";
  if (isJsonArray(value)) return "array";
  switch (typeof value) {
    case "boolean":
      return "boolean";
    case "number":
      return "number";
    case "string":
      return "string";
    default:
      return "object";
  }
}

/** A text that is the same for two values exactly when they are equal as JSON, whatever the order of their members. */
export function comparable(value: JsonValue): string {
  if (isJsonArray(value)) return `[${value.map(comparable).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${names
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${comparable(value[name] ?? null)}`)
    .join(",")}}`;
}

/** Characters and nodes of a value, about what writing it takes; Infinity beyond `maxDepth` levels. */
export function weightOf(value: JsonValue, maxDepth: number): number {
  if (maxDepth < 0) return Infinity;
  if (typeof value === "string") return value.length + 2;
  if (isJsonArray(value)) return value.reduce<number>((sum, item) => sum + weightOf(item, maxDepth - 1), 2);
  if (!isJsonObject(value)) return 4;
  return Object.entries(value).reduce(
    (sum, [name, member]) => sum + name.length + (member === undefined ? 0 : weightOf(member, maxDepth - 1)),
    2,
  );
}
