import { readBase64, toBase64 } from "../../crypto/encoding.ts";
import { readDecimal } from "./read-decimal.ts";
import { hashBytes, type Hash } from "./tree-hash.ts";

/** C2SP tlog-checkpoint: which log, how many leaves, and the root over them. */
export type Checkpoint = { readonly origin: string; readonly size: number; readonly root: Hash };

/** The text that is signed. Extension lines are never written. */
export const formatCheckpoint = ({ origin, size, root }: Checkpoint): string => `${origin}\n${size}\n${toBase64(root)}\n`;

/** Reads a checkpoint's text; undefined where it is malformed. Extension lines are allowed, and say nothing to us. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin, sizeText, rootText, ...rest] = text.split("\n");
  if (origin === undefined || origin === "" || rest.at(-1) !== "" || rest.slice(0, -1).includes("")) return undefined;
  const size = readDecimal(sizeText ?? "");
  const root = readBase64(rootText ?? "");
  return size === undefined || root?.length !== hashBytes ? undefined : { origin, size, root };
}
