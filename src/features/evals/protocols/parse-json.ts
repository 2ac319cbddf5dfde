import type { JsonValue } from "../../../crypto/canonical-json.ts";
import { utf8 } from "../../../crypto/encoding.ts";
import { tryJson } from "../../../expressions/read-json.ts";

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
