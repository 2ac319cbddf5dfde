import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { parseVerifierKey } from "../../audit/transparency/signed-note.ts";
import { parseJson } from "../../crypto/canonical-json.ts";
import { thumbprint } from "../../crypto/ed25519.ts";
import { currentTime } from "../../platform/clock.ts";
import { checkDocument, type Report } from "../check-document.ts";
import { readDocument, readLeafHashes } from "../read-document.ts";
import { acceptable, exitCodeOf, finding, type Acceptable } from "../verdicts.ts";
import { printReport, usage } from "./print-report.ts";

/** A mistake in the command itself: exit code 2. */
class UsageFault extends Error {}

type Options = {
  readonly issuer: readonly string[];
  readonly witness: readonly string[];
  readonly accept: readonly string[];
  readonly keys?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly "leaf-hashes"?: string | undefined;
  readonly "max-list-age": string;
  readonly at?: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
};

function readOptions(args: readonly string[]): { file: string | undefined; options: Options } {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        issuer: { type: "string", multiple: true, default: [] },
        witness: { type: "string", multiple: true, default: [] },
        accept: { type: "string", multiple: true, default: [] },
        keys: { type: "string" },
        checkpoint: { type: "string" },
        "leaf-hashes": { type: "string" },
        "max-list-age": { type: "string", default: "24h" },
        at: { type: "string" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (positionals.length > 1) throw new UsageFault("One file at a time, please.");
    return { file: positionals[0], options: values };
  } catch (fault) {
    throw fault instanceof UsageFault ? fault : new UsageFault(fault instanceof Error ? fault.message : String(fault));
  }
}

async function bytesOf(file: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (fault) {
    throw new UsageFault(`${file} cannot be read: ${fault instanceof Error ? fault.message : String(fault)}`);
  }
}

const textOf = async (file: string): Promise<string> => new TextDecoder().decode(await bytesOf(file));

const PublicJwk = z.looseObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() });

/** A fingerprint, or a file with one or with a public key as a JWK. */
async function readFingerprint(given: string): Promise<string> {
  if (/^[\w-]{43}$/.test(given)) return given;
  const bytes = await bytesOf(given);
  const jwk = PublicJwk.safeParse(parseJson(bytes));
  if (jwk.success) return thumbprint(jwk.data.x);
  const text = new TextDecoder().decode(bytes).trim();
  if (/^[\w-]{43}$/.test(text)) return text;
  throw new UsageFault(`${given} is neither a fingerprint (43 characters) nor a file with one or with an Ed25519 key as a JWK.`);
}

/** A signed key history by itself, or in the `key_history` of a JWK set. */
async function readKeyHistory(file: string | undefined): Promise<string | null> {
  if (file === undefined) return null;
  const bytes = await bytesOf(file);
  const set = z.looseObject({ key_history: z.string() }).safeParse(parseJson(bytes));
  return set.success ? set.data.key_history : new TextDecoder().decode(bytes).trim();
}

function readSpan(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[unit ?? ""];
  if (count === undefined || seconds === undefined) throw new UsageFault("--max-list-age is a number with s, m, h or d, for example 24h.");
  return Number(count) * seconds;
}

function readAccepted(words: readonly string[]): Acceptable[] {
  return words.map((word) => {
    const known = acceptable.find((one) => one === word);
    if (known === undefined) throw new UsageFault(`--accept takes ${acceptable.join(", ")}; what is shown to be wrong cannot be accepted.`);
    return known;
  });
}

function readWitness(text: string) {
  const key = parseVerifierKey(text);
  if (key === undefined) throw new UsageFault("--witness is a verifier key: name+keyid+base64 (C2SP signed-note).");
  return key;
}

function readTime(text: string | undefined): Date {
  const time = text === undefined ? currentTime() : new Date(text);
  if (Number.isNaN(time.getTime())) throw new UsageFault("--at is a time as 2026-12-31T00:00:00Z.");
  return time;
}

async function verify(file: string, options: Options): Promise<{ report: Report; accepted: readonly Acceptable[] }> {
  const accepted = readAccepted(options.accept);
  const leafFile = options["leaf-hashes"];
  const leaves = leafFile === undefined ? null : readLeafHashes(await textOf(leafFile));
  if (leaves === undefined) throw new UsageFault("--leaf-hashes is a file with a base64 hash on each line.");
  const beside = {
    keyHistory: await readKeyHistory(options.keys),
    checkpoint: options.checkpoint === undefined ? null : await textOf(options.checkpoint),
    leaves,
    accepted,
  };
  const pins = {
    fingerprints: await Promise.all(options.issuer.map(readFingerprint)),
    witnesses: options.witness.map(readWitness),
    now: readTime(options.at),
    maxListAgeSeconds: readSpan(options["max-list-age"]),
  };
  const document = readDocument(await bytesOf(file));
  if (document === undefined) return { report: { findings: [finding("form", "malformed")], statement: null }, accepted };
  return { report: await checkDocument(document, beside, pins), accepted };
}

/** Runs the command and answers its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { file, options } = readOptions(args);
    if (options.help || file === undefined) {
      console.log(usage);
      return options.help ? 0 : 2;
    }
    const { report, accepted } = await verify(file, options);
    const exitCode = exitCodeOf(report.findings, accepted);
    console.log(options.json ? JSON.stringify({ ...report, exitCode }) : printReport(report, accepted, exitCode));
    return exitCode;
  } catch (fault) {
    if (!(fault instanceof UsageFault)) throw fault;
    console.error(fault.message);
    return 2;
  }
}
