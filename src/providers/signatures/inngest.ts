import { canonicalJson } from "../../crypto/canonical-json.ts";
import { utf8 } from "../../crypto/encoding.ts";
import { tryJson } from "../../expressions/read-json.ts";
import { headerOf, readHexSignature, readSeconds, type PresentedSignature } from "./presented.ts";

const headerPattern = /^t=(\d+)&s=([0-9a-f]+)$/;

/**
 * Inngest: one header `t=<seconds>&s=<hex>`, HMAC-SHA256 over the body's RFC 8785 form with the time right behind it. No body is the empty
 * text. Spaces and the order of members are not signed: a proxy may change them, and the handler reads the same value.
 */
export function readInngest(headers: Headers): PresentedSignature | undefined {
  const [, timestamp = "", hex = ""] = headerPattern.exec(headerOf(headers, "x-inngest-signature") ?? "") ?? [];
  const seconds = readSeconds(timestamp);
  const signature = readHexSignature(hex);
  if (seconds === undefined || signature === undefined) return undefined;
  return {
    deliveryId: null,
    seconds,
    signatures: [signature],
    signedBytes: (body) => {
      const text = body.length === 0 ? "" : canonicalText(body);
      return text === undefined ? undefined : utf8(`${text}${timestamp}`);
    },
  };
}

/** Of an object or an array: a number would run into the time behind it. */
function canonicalText(body: Uint8Array<ArrayBuffer>): string | undefined {
  const value = tryJson(body);
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return canonicalJson(value);
  } catch {
    // What JSON can spell and RFC 8785 cannot: half a surrogate pair.
    return undefined;
  }
}
