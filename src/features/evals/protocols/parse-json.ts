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
export const readJson = (text: string): JsonValue | undefined => tryJson(utf8(unfence(text.trim()) ?? text));

const fence = "```";

/** What stands between the first and the last line. By hand: a regular expression takes seconds over long runs of white space. */
function unfence(text: string): string | undefined {
  const end = text.indexOf("\n");
  if (!text.startsWith(fence) || !text.endsWith(fence) || end < 0) return undefined;
  const label = text.slice(fence.length, end).trim();
  return label === "" || label === "json" ? text.slice(end + 1, -fence.length) : undefined;
}
