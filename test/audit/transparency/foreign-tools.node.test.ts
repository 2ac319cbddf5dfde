import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { formatCheckpoint } from "../../../src/audit/transparency/checkpoint.ts";
import { cosignedMessage } from "../../../src/audit/transparency/cosignature.ts";
import { parseNote, type VerifierKey } from "../../../src/audit/transparency/signed-note.ts";
import { leafOf, newKey, signedBy } from "./support.ts";

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), "armalo-openssl-"));
afterAll(() => rm(folder, { recursive: true }));

/** An Ed25519 public key as DER (RFC 8410): a fixed head and the 32 bytes. */
const derOf = ({ publicKey }: VerifierKey): Uint8Array => Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), publicKey]);

async function opensslVerifies(key: VerifierKey, message: string, signature: Uint8Array): Promise<boolean> {
  const files = { key: join(folder, "key.der"), message: join(folder, "message"), signature: join(folder, "signature") };
  await Promise.all([writeFile(files.key, derOf(key)), writeFile(files.message, message), writeFile(files.signature, signature)]);
  const input = ["-pubin", "-inkey", files.key, "-keyform", "DER", "-rawin", "-in", files.message, "-sigfile", files.signature];
  return run("openssl", ["pkeyutl", "-verify", ...input]).then(
    ({ stdout }) => stdout.includes("Verified Successfully"),
    () => false,
  );
}

describe("openssl, which knows nothing of us", () => {
  it("verifies a checkpoint's signature and a witness's, and refuses them over another text", async () => {
    const [log, witness] = [await newKey("api.example/log/org_1", 1), await newKey("witness.example/w", 4)];
    const text = formatCheckpoint({ origin: "api.example/log/org_1", size: 3, root: leafOf(0) });
    const [ours, theirs] = parseNote(await signedBy(text, log, witness))?.signatures ?? [];
    if (ours === undefined || theirs === undefined) throw new Error("the note was not signed twice");
    expect(await opensslVerifies(log.key, text, ours.bytes)).toBe(true);
    expect(await opensslVerifies(log.key, text.replace("\n3\n", "\n4\n"), ours.bytes)).toBe(false);
    const cosigned = cosignedMessage(text, 1_700_000_000);
    expect(await opensslVerifies(witness.key, cosigned, theirs.bytes.slice(8))).toBe(true);
    expect(await opensslVerifies(witness.key, text, theirs.bytes.slice(8))).toBe(false);
  });
});
