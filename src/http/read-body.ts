import type { JsonValue } from "../crypto/canonical-json.ts";
import { concatBytes } from "../crypto/encoding.ts";
import { problem } from "./problem.ts";

export const maxBodyBytes = 256 * 1024;
const maxJsonDepth = 32;

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

/** Reads JSON (RFC 8259) of at most 32 levels from strict UTF-8. */
export function parseJson(bytes: Uint8Array<ArrayBuffer>): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw problem("malformed_json", "not UTF-8");
  }
  if (depthOf(text) > maxJsonDepth) throw problem("malformed_json", `nested deeper than ${maxJsonDepth}`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw problem("malformed_json", "not JSON");
  }
}

/** What a JSON parser returns is JSON: this only tells the compiler. */
const isJson = (value: unknown): value is JsonValue => value !== undefined;

/** The same, or undefined where the bytes are none. */
export function tryJson(bytes: Uint8Array<ArrayBuffer>): JsonValue | undefined {
  try {
    const value = parseJson(bytes);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The deepest nesting of brackets outside strings, found before the parser recurses into them. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x5b || char === 0x7b) deepest = Math.max(deepest, (depth += 1));
    else if (char === 0x5d || char === 0x7d) depth -= 1;
  }
  return deepest;
}
