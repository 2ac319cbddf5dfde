import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/crypto/canonical-json.ts";
import { toBase64 } from "../../../src/crypto/encoding.ts";
import { pemFiles } from "../../../src/features/evidence/public-key-pem.ts";
import { verifyText } from "../../../src/features/evidence/verify-text.ts";
import { zipStream, type ZipEntry } from "../../../src/features/evidence/zip-stream.ts";
import { sampleIssuer, sampleOrg } from "../../crypto/statement/signing.ts";
import { change, day, hashOf, newBundle, newIssuer, origin, signedCheckpoint } from "../../verifier/issuer.ts";

let folder: string;
let blocks: string[];
const statements = ["receipts/rcp_1.json", "attestations/att_1.json", "cosignatures/csg_1.json"];

async function* archive(): AsyncGenerator<ZipEntry> {
  const issuer = await newIssuer();
  const bundle = { ...(await newBundle(issuer)), keyHistory: null };
  change(issuer, { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(30) }, day(31));
  const pems = pemFiles([issuer.checkpoint], issuer.history.keys).map(({ name, text }): [string, string[]] => [name, [text]]);
  const checkpointKey = `${issuer.checkpoint.kid}.pem`;
  const files: Record<string, readonly string[]> = {
    "VERIFY.md": [verifyText({ issuer: sampleIssuer, orgId: sampleOrg, size: issuer.leaves.length, origin, checkpointKey })],
    "checkpoint.txt": [await signedCheckpoint(issuer)],
    ...Object.fromEntries(pems),
    "events.jsonl": issuer.leaves.map((leaf) => `${canonicalJson(leaf)}\n`),
    "leaf-hashes.txt": issuer.leaves.map((leaf) => `${toBase64(hashOf(leaf))}\n`),
    ...Object.fromEntries(statements.map((name) => [name, [canonicalJson(bundle)]])),
  };
  for (const [name, pieces] of Object.entries(files)) yield { name, content: each(pieces) };
}

async function* each(pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) yield piece;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "armalo-evidence-"));
  const zip = new Uint8Array(await new Response(zipStream(archive(), new Date("2026-11-01T00:00:00Z"))).arrayBuffer());
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  const text = new TextDecoder().decode(unzipSync(zip)["VERIFY.md"]);
  blocks = [...text.matchAll(/```bash\n([^`]+)```/g)].map(([, block = ""]) => block);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a block of VERIFY.md as it stands, stopping at its first failure. */
function run(block: string | undefined): { exit: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", block ?? "exit 99"], { cwd: folder, encoding: "utf8" });
  return { exit: status, output: stdout + stderr };
}

const spoil = (file: string, from: string, to: string) => run(`sed -i 's/${from}/${to}/' ${file}`);

describe("VERIFY.md", () => {
  it("has commands that hold as they stand, with openssl alone", () => {
    expect(blocks).toHaveLength(4);
    for (const block of blocks) {
      const { exit, output } = run(block);
      expect(exit, `${block}\n${output}`).toBe(0);
    }
    expect(run(blocks[0]).output).toContain("Signature Verified Successfully");
    expect(run(blocks[3]).output.match(/Signature Verified Successfully/g)).toHaveLength(statements.length);
  });

  it("has commands that fail where the files were changed", () => {
    spoil("checkpoint.txt", "^5$", "6");
    expect(run(blocks[0]).exit).not.toBe(0);
    spoil("checkpoint.txt", "^6$", "5");
    spoil("events.jsonl", "agt_1", "agt_2");
    expect(run(blocks[1]).exit).not.toBe(0);
    run("tac leaf-hashes.txt > other; mv other leaf-hashes.txt");
    expect(run(blocks[2]).exit).not.toBe(0);
  });

  it.each(statements)("has a loop that fails where %s was changed", (file) => {
    run(`cp ${file} whole.json`);
    spoil(file, '"statement":"eyJ\\([^.]*\\).eyJ', '"statement":"eyJ\\1.eyK');
    expect(run(blocks[3]).exit).not.toBe(0);
    run(`mv whole.json ${file}`);
    expect(run(blocks[3]).exit).toBe(0);
  });
});

describe("the archive's stream", () => {
  it("breaks off where a file's content fails, instead of ending as if it were whole", async () => {
    async function* failing(): AsyncGenerator<ZipEntry> {
      yield { name: "good.txt", content: each(["good"]) };
      throw new Error("the database is gone");
    }
    await expect(new Response(zipStream(failing(), new Date())).arrayBuffer()).rejects.toThrow("the database is gone");
  });

  it("holds many pieces and files of any size, and stops reading when its reader goes", async () => {
    let pieces = 0;
    async function* endless(): AsyncGenerator<string> {
      for (;;) {
        pieces += 1;
        yield crypto.getRandomValues(new Uint32Array(8192)).join();
      }
    }
    async function* one(): AsyncGenerator<ZipEntry> {
      yield { name: "endless.txt", content: endless() };
    }
    const reader = zipStream(one(), new Date()).getReader();
    for (let count = 0; count < 5; count += 1) await reader.read();
    await reader.cancel();
    const read = pieces;
    await new Promise((resolve) => void setTimeout(resolve, 20));
    expect(pieces).toBe(read);
    expect(pieces).toBeLessThan(100);
  });
});
