import { concatBytes, readBase64, utf8 } from "../../crypto/encoding.ts";
import { allOf, headerOf, readSeconds, signatureBytes, type PresentedSignature } from "./presented.ts";

/** No dot: the id would run into the time behind it. No comma: two headers of one name are joined with one. */
const idPattern = /^[\x21-\x2b\x2d\x2f-\x7e]{1,256}$/;
const entryPattern = /^(v\d+[a-z]?),([A-Za-z0-9+/=]+)$/;

/**
 * Standard Webhooks 1.0.0, and Svix, from which it came: HMAC-SHA256 over `${id}.${timestamp}.${body}`, as a space-separated list of
 * `v1,<base64>`. Entries of other versions are passed over; one that is malformed spoils the list.
 */
export function readStandardWebhook(headers: Headers, prefix: "svix" | "webhook"): PresentedSignature | undefined {
  const deliveryId = headerOf(headers, `${prefix}-id`) ?? "";
  const timestamp = headerOf(headers, `${prefix}-timestamp`) ?? "";
  const entries = (headerOf(headers, `${prefix}-signature`) ?? "").split(" ").map((entry) => entryPattern.exec(entry));
  const seconds = readSeconds(timestamp);
  if (!idPattern.test(deliveryId) || seconds === undefined || entries.includes(null)) return undefined;
  const signatures = allOf(entries.flatMap((entry) => (entry?.[1] === "v1" ? [readSignature(entry[2] ?? "")] : [])));
  if (signatures === undefined) return undefined;
  return { deliveryId, seconds, signatures, signedBytes: (body) => concatBytes(utf8(`${deliveryId}.${timestamp}.`), body) };
}

function readSignature(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bytes = readBase64(text);
  return bytes?.length === signatureBytes ? bytes : undefined;
}
