import { readBase64, toBase64 } from "../../crypto/encoding.ts";
import { readDecimal } from "./read-decimal.ts";
import { hashBytes, type Hash } from "./tree-hash.ts";

const header = "c2sp.org/tlog-proof@v1";

/** C2SP tlog-proof: where an entry stands, the sibling hashes from its leaf upwards, and the signed checkpoint that they lead to. */
export type TlogProof = {
  readonly index: number;
  readonly hashes: readonly Hash[];
  /** The whole signed note. */
  readonly checkpoint: string;
  /** Not authenticated by anything: never to be trusted. */
  readonly extra?: Uint8Array<ArrayBuffer>;
};

/** The text of a `.tlog-proof` file. */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const extraLine = extra === undefined ? [] : [`extra ${toBase64(extra)}`];
  return `${[header, ...extraLine, `index ${index}`, ...hashes.map(toBase64)].join("\n")}\n\n${checkpoint}`;
}

/** Reads a `.tlog-proof` file without trusting it; undefined where it is malformed. */
export function parseTlogProof(text: string): TlogProof | undefined {
  const end = text.indexOf("\n\n");
  if (end < 0) return undefined;
  const [first, ...lines] = text.slice(0, end).split("\n");
  if (first !== header) return undefined;
  const extraLine = lines[0]?.startsWith("extra ") ? lines.shift() : undefined;
  const extra = extraLine === undefined ? undefined : readBase64(extraLine.slice("extra ".length));
  if (extraLine !== undefined && extra === undefined) return undefined;
  const indexLine = lines.shift() ?? "";
  const index = indexLine.startsWith("index ") ? readDecimal(indexLine.slice("index ".length)) : undefined;
  const hashes = lines.map(readBase64);
  if (index === undefined || hashes.length > 64) return undefined;
  if (!hashes.every((hash): hash is Hash => hash?.length === hashBytes)) return undefined;
  return { index, hashes, checkpoint: text.slice(end + 2), ...(extra === undefined ? {} : { extra }) };
}
