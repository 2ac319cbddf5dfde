import { canonicalJson, type JsonValue } from "../crypto/canonical-json.ts";
import { isStorable } from "../expressions/json.ts";
import { tryJson } from "../expressions/read-json.ts";

/** Of an upstream's answer to an action; a longer one is an effect that nobody knows. */
export const mostAnswerBytes = 65_536;

/**
 * An upstream's answer as JSON: null where it is empty, and `{text}` where it is no JSON, or one that cannot be digested or kept
 * (RFC 8785 has no half surrogate pairs and no infinite numbers, PostgreSQL no U+0000).
 */
export function readAnswer(body: Uint8Array): JsonValue {
  if (body.byteLength === 0) return null;
  const json = tryJson(body);
  if (json !== undefined && isKeepable(json)) return json;
  return { text: new TextDecoder().decode(body).replaceAll("\0", "\ufffd") };
}

/** Whether a value has an RFC 8785 form, and PostgreSQL can hold it. */
export function isKeepable(value: JsonValue): boolean {
  try {
    return isStorable(value) && canonicalJson(value) !== "";
  } catch {
    return false;
  }
}
