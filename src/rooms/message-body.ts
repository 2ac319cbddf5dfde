import type { JsonValue } from "../crypto/canonical-json.ts";
import { roomLimits } from "./limits.ts";

export type ReadBody =
  | { readonly ok: true; readonly body: JsonValue; readonly text: string; readonly bytes: number }
  | { readonly ok: false; readonly code: "invalid_body" | "too_large"; readonly detail: string };

const { messageBytes, messageDepth } = roomLimits;

/** What a JSON parser gave, as a message's body: small enough, and with one digest (RFC 8785) that every reader finds again. */
export function readMessageBody(value: unknown): ReadBody {
  if (!isDigestible(value, messageDepth))
    return {
      ok: false,
      code: "invalid_body",
      detail: `A body is JSON of at most ${messageDepth} levels, without U+0000, half surrogate pairs and numbers beyond all doubles.`,
    };
  const text = JSON.stringify(value);
  const bytes = utf8Length(text);
  if (bytes > messageBytes) return { ok: false, code: "too_large", detail: `A body has at most ${messageBytes} bytes.` };
  return { ok: true, body: value, text, bytes };
}

function isDigestible(value: unknown, levels: number): value is JsonValue {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0");
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value === "boolean" || value === null) return true;
  if (typeof value !== "object" || levels === 0) return false;
  return Object.entries(value).every(([name, member]) => isDigestible(name, 0) && isDigestible(member, levels - 1));
}

/** Without writing the bytes: most texts are short, and ASCII. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // A surrogate pair is two units and four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
