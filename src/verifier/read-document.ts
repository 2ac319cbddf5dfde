import { readBase64 } from "../crypto/encoding.ts";
import { unzipSync } from "fflate";
import { z } from "zod";
import { hashBytes, type Hash } from "../audit/transparency/tree-hash.ts";
import { canonicalJson, parseJson } from "../crypto/canonical-json.ts";
import { DsseEnvelope } from "../crypto/statement/dsse.ts";
import { Bundle, bundleFormat, Leaf } from "../crypto/statement/bundle.ts";
import { isTranscript, readTranscript, type Transcript } from "./read-transcript.ts";

/** What a file turned out to be. */
export type Document =
  | { readonly kind: "bundle"; readonly bundle: Bundle }
  | { readonly kind: "statement"; readonly statement: Bundle["statement"] }
  | { readonly kind: "events"; readonly events: readonly EventLine[] }
  | { readonly kind: "checkpoint"; readonly note: string }
  | { readonly kind: "transcript"; readonly transcript: Transcript }
  | { readonly kind: "evidence"; readonly evidence: Evidence };

/** The parts of an evidence bundle. */
export type Evidence = {
  readonly events: readonly EventLine[];
  readonly checkpoint: string;
  readonly leaves: readonly Hash[] | null;
  readonly keyHistory: string | null;
  readonly statusList: string | null;
  readonly statements: readonly { readonly name: string; readonly bundle: Bundle }[];
};

/** A line of an export: a leaf, or an event as the API shows it, which leaves out what its log says anyway. */
const EventLine = z.union([Leaf, Leaf.omit({ v: true, orgId: true })]);
export type EventLine = z.output<typeof EventLine>;

/** Reads a file by what is in it, whatever its name; undefined where it is nothing that we know. */
export function readDocument(bytes: Uint8Array<ArrayBuffer>): Document | undefined {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return readEvidence(bytes);
  if (isTranscript(bytes)) {
    const transcript = readTranscript(bytes);
    return transcript === undefined ? undefined : { kind: "transcript", transcript };
  }
  const text = new TextDecoder().decode(bytes);
  const json = parseJson(bytes);
  if (json !== undefined) return readJsonDocument(json) ?? readEvents(text);
  if (/^\s*[\w-]+\.[\w-]+\.[\w-]+\s*$/.test(text)) return { kind: "statement", statement: text.trim() };
  if (text.includes("\n\n\u2014 ")) return { kind: "checkpoint", note: text };
  return readEvents(text);
}

function readJsonDocument(json: unknown): Document | undefined {
  const claimed = z.looseObject({ format: z.literal(bundleFormat) }).safeParse(json);
  if (claimed.success) {
    const bundle = Bundle.safeParse(json);
    return bundle.success ? { kind: "bundle", bundle: bundle.data } : undefined;
  }
  const envelope = DsseEnvelope.safeParse(json);
  return envelope.success ? { kind: "statement", statement: envelope.data } : undefined;
}

function readEvents(text: string): Extract<Document, { kind: "events" }> | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const events = lines.map((line) => EventLine.safeParse(parseLine(line.trim())));
  if (lines.length === 0 || !events.every((event) => event.success)) return undefined;
  return { kind: "events", events: events.map(({ data }) => data) };
}

/** A line as we write it: where a member stands twice, another reader may see another value than the one that was logged. */
function parseLine(line: string): unknown {
  const value = parseJson(new TextEncoder().encode(line));
  return value !== undefined && (JSON.stringify(value) === line || canonicalJson(value) === line) ? value : undefined;
}

/** Leaf hashes as base64, one a line; undefined where a line is none. */
export function readLeafHashes(text: string): Hash[] | undefined {
  const hashes = text.split("\n").filter((line) => line !== "");
  const read = hashes.map(readBase64);
  return read.every((hash): hash is Hash => hash?.length === hashBytes) ? read : undefined;
}

function readEvidence(zip: Uint8Array<ArrayBuffer>): Extract<Document, { kind: "evidence" }> | undefined {
  const files = unzip(zip);
  if (files === undefined) return undefined;
  const textOf = (name: string): string | null => {
    const file = files[name];
    return file === undefined ? null : new TextDecoder().decode(file);
  };
  const checkpoint = textOf("checkpoint.txt");
  const lines = textOf("events.jsonl");
  const events = lines === null ? undefined : lines === "" ? { events: [] } : readEvents(lines);
  const hashes = textOf("leaf-hashes.txt");
  const leaves = hashes === null ? null : readLeafHashes(hashes);
  const statements = readBundles(files);
  if (checkpoint === null || events === undefined || leaves === undefined || statements === undefined) return undefined;
  return {
    kind: "evidence",
    evidence: {
      events: events.events,
      checkpoint,
      leaves,
      keyHistory: textOf("keys/key-history.jws")?.trim() ?? null,
      statusList: textOf("status-list.jws")?.trim() ?? null,
      statements,
    },
  };
}

function readBundles(files: Readonly<Record<string, Uint8Array>>): Evidence["statements"] | undefined {
  const read = Object.entries(files)
    .filter(([name]) => /^(receipts|attestations|cosignatures)\/.+\.json$/.test(name))
    .map(([name, bytes]) => ({ name, bundle: Bundle.safeParse(parseJson(bytes)) }));
  return read.every(({ bundle }) => bundle.success)
    ? read.flatMap(({ name, bundle }) => (bundle.success ? [{ name, bundle: bundle.data }] : []))
    : undefined;
}

function unzip(zip: Uint8Array<ArrayBuffer>): Record<string, Uint8Array> | undefined {
  try {
    return unzipSync(zip);
  } catch {
    return undefined;
  }
}
