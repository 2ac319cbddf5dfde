import { parseJson, type JsonValue } from "../crypto/canonical-json.ts";

const mostLevels = 32;

/** The value of JSON (RFC 8259) in strict UTF-8 and of at most 32 levels; undefined for anything else: for what others wrote. */
export const tryJson = (bytes: Uint8Array): JsonValue | undefined => (depthOf(bytes) > mostLevels ? undefined : parseJson(bytes));

/** The deepest nesting of brackets outside strings, found before the parser recurses into them. In UTF-8 these bytes are no part of others. */
function depthOf(bytes: Uint8Array): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (inString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) deepest = Math.max(deepest, (depth += 1));
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return deepest;
}
