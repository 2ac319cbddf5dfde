import type { JsonValue } from "../../../crypto/canonical-json.ts";
import { utf8 } from "../../../crypto/encoding.ts";
import { parseJson } from "../../../http/read-body.ts";

/** What a JSON parser returns is JSON: this only tells the compiler. */
const isJson = (value: unknown): value is JsonValue => value !== undefined;

/** JSON of a bounded depth from strict UTF-8, or undefined. */
export function tryJson(bytes: Uint8Array<ArrayBuffer>): JsonValue | undefined {
  try {
    const value = parseJson(bytes);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a text as JSON, bare or in one Markdown fence, as models like to wrap it. */
export function readJson(text: string): JsonValue | undefined {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text);
  return tryJson(utf8(fenced?.[1] ?? text));
}
