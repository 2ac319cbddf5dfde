import type { JsonValue } from "../crypto/canonical-json.ts";
import { concatBytes } from "../crypto/encoding.ts";
import { tryJson } from "../expressions/read-json.ts";
import { problem } from "./problem.ts";

/** Of any request. */
export const maxBodyBytes = 256 * 1024;

const tooLarge = () => problem("body_too_large", `over ${maxBodyBytes} bytes`);

/** Refuses a body that says itself that it is over the cap, before anything else is looked at. */
export function refuseLargeBody(request: Request): void {
  if (Number(request.headers.get("Content-Length") ?? 0) > maxBodyBytes) throw tooLarge();
}

/** The raw body, refused as soon as it is found to be over the cap. */
export async function readBody(request: Request): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return concatBytes(...chunks);
}

/** Reads JSON as tryJson does, and throws where it is none. */
export function parseJson(bytes: Uint8Array): JsonValue {
  const value = tryJson(bytes);
  if (value === undefined) throw problem("malformed_json", "not JSON in UTF-8, or nested too deeply");
  return value;
}
