import { concatBytes, utf8 } from "../../crypto/encoding.ts";
import { allOf, headerOf, readHexSignature, readSeconds, type PresentedSignature } from "./presented.ts";

const partPattern = /^([a-z][a-z0-9]*)=([A-Za-z0-9+/=_-]+)$/;

/**
 * Stripe's scheme, which Whop's older webhooks (v5) have too: one header `t=<seconds>,v1=<hex>[,v1=<hex>]`, HMAC-SHA256 over
 * `${t}.${body}`. Parts of other names are passed over (`v0` is of Stripe's tests); two times, or a malformed part, spoil it.
 */
export function readTimestampedHex(headers: Headers, header: "stripe-signature" | "x-whop-signature"): PresentedSignature | undefined {
  const parts = (headerOf(headers, header) ?? "").split(",").map((part) => partPattern.exec(part));
  if (parts.includes(null)) return undefined;
  const valuesOf = (name: string): string[] => parts.flatMap((part) => (part?.[1] === name ? [part[2] ?? ""] : []));
  const [timestamp = "", ...moreTimes] = valuesOf("t");
  const seconds = readSeconds(timestamp);
  const signatures = allOf(valuesOf("v1").map(readHexSignature));
  if (seconds === undefined || moreTimes.length > 0 || signatures === undefined) return undefined;
  return { deliveryId: null, seconds, signatures, signedBytes: (body) => concatBytes(utf8(`${timestamp}.`), body) };
}
