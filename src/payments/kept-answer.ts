import { utf8 } from "../crypto/encoding.ts";
import type { StoredAnswer } from "./payment.ts";

/** An answer as a payment's object keeps it: what agents are told repeats itself, so that gzip makes little of it. */
export type KeptAnswer = { readonly status: number; readonly mediaType: string; readonly gzip: Uint8Array<ArrayBuffer> };

/** The most that is kept of one answer, compressed: half of what a row of the object's SQLite takes. */
const mostBytes = 1_048_576;

const through = async (
  bytes: Uint8Array<ArrayBuffer>,
  transform: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(transform)).arrayBuffer());

/** Undefined where it is too large to be kept. */
export async function packAnswer({ status, mediaType, body }: StoredAnswer): Promise<KeptAnswer | undefined> {
  const gzip = await through(utf8(body), new CompressionStream("gzip"));
  return gzip.byteLength > mostBytes ? undefined : { status, mediaType, gzip };
}

/** The same answer, byte for byte. */
export async function unpackAnswer({ status, mediaType, gzip }: KeptAnswer): Promise<StoredAnswer> {
  const bytes = await through(gzip, new DecompressionStream("gzip"));
  return { status, mediaType, body: new TextDecoder("utf-8", { fatal: false, ignoreBOM: true }).decode(bytes) };
}
