import { canonicalJson, type JsonValue } from "../crypto/canonical-json.ts";
import { isStorable } from "../expressions/json.ts";
import { tryJson } from "../expressions/read-json.ts";

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

export function isKeepable(value: JsonValue): boolean {
  try {
    return isStorable(value) && canonicalJson(value) !== "";
  } catch {
    return false;
  }
}
