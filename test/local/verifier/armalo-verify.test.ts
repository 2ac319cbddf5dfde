import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createPublicKey } from "node:crypto";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { zipSync, strToU8 } from "fflate";
import { toBase64 } from "../../../src/crypto/encoding.ts";
import { changeHistory, signHistory } from "../../../src/crypto/statement/key-history.ts";
import { verdicts } from "../../../src/verifier/verdicts.ts";
import {
  day,
  hashOf,
  newBundle,
  newIssuer,
  signedCheckpoint,
  statusListOf,
  type TestIssuer,
  type WholeBundle,
} from "../../verifier/issuer.ts";
import { sampleAttestation, sampleOrg } from "../../crypto/statement/signing.ts";

const program = fileURLToPath(new URL("../../../src/verifier/node/armalo-verify.mjs", import.meta.url).href);

let folder: string;
let issuer: TestIssuer;
let good: WholeBundle;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "armalo-verify-"));
  issuer = await newIssuer();
  good = await newBundle(issuer);
});
afterAll(() => rmSync(folder, { recursive: true }));

const fileOf = (name: string, content: string | Uint8Array): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
const bundleFile = (name: string, bundle: object): string => fileOf(name, JSON.stringify(bundle));

function verify(...args: string[]): { exit: number | null; output: string; errors: string } {
  // Whatever the caller's environment could lead to a network with is not there.
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8", env: {} });
  return { exit: status, output: stdout, errors: stderr };
}
const at = ["--at", "2026-11-09T00:00:00.000Z"];
const pinned = (): string[] => ["--issuer", issuer.root.kid, ...at];

/** The issuer's archive, with these files changed; one that is empty is left out. */
function evidenceFile(change: Record<string, string>, checkpoint: string): string {
  const files = {
    "events.jsonl": issuer.leaves.map((leaf) => `${JSON.stringify(leaf)}\n`).join(""),
    "checkpoint.txt": checkpoint,
    "leaf-hashes.txt": issuer.leaves.map((leaf) => `${toBase64(hashOf(leaf))}\n`).join(""),
    "keys/key-history.jws": good.keyHistory,
    "attestations/att_1.json": JSON.stringify(good),
    ...change,
  };
  const kept = Object.entries(files).filter(([, text]) => text !== "");
  return fileOf("evidence.zip", zipSync(Object.fromEntries(kept.map(([name, text]) => [name, strToU8(text)]))));
}

/** A change of one character in the middle of a text. */
const spoil = (text: string, place = Math.floor(text.length / 2)): string =>
  text.slice(0, place) + (text[place] === "A" ? "B" : "A") + text.slice(place + 1);

describe("armalo-verify", () => {
  it("says of a co-signature which organization signed it, and what", async () => {
    const { agent: _, expiresAt: _never, ...predicate } = sampleAttestation().predicate;
    const signer = await newIssuer();
    const signed = await newBundle(signer, { statement: { ...sampleAttestation(), kind: "cosignature", predicate } });
    const { exit, output } = verify(bundleFile("cosignature.json", signed), "--issuer", signer.root.kid, ...at);
    expect(output).toContain("cosignature statement");
    expect(output).toContain(`signed by   ${sampleOrg}`);
    expect(output).toContain("without_expiry");
    expect(exit).toBe(0);
  });

  it("prints its verdicts on a good bundle and on four that were tampered with", async () => {
    const [head = "", body = "", signature = ""] = good.statement.split(".");
    const raised = Buffer.from(Buffer.from(body, "base64url").toString("utf8").replace("762", "962")).toString("base64url");
    const { inclusion } = good;
    const revoked = changeHistory(
      issuer.history,
      { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(2) },
      day(39),
      `sha256:${"0".repeat(64)}`,
    );
    if (!revoked.ok) return expect.fail(revoked.reason);
    const cases: [string, object, number, string][] = [
      ["good", good, 0, "Verified"],
      ["score-raised", { ...good, statement: `${head}.${raised}.${signature}` }, 11, "signature_invalid"],
      ["unlogged", { ...good, inclusion: null }, 20, "inclusion_absent"],
      ["event-changed", { ...good, inclusion: { ...inclusion, leaf: { ...inclusion.leaf, actor: "key:key_2" } } }, 21, "inclusion_invalid"],
      ["key-revoked", { ...good, keyHistory: await signHistory(issuer.root, revoked.history) }, 14, "key_revoked"],
    ];
    for (const [name, bundle, exit, word] of cases) {
      const answer = verify(bundleFile(`${name}.json`, bundle), ...pinned());
      console.log(`\n$ armalo-verify ${name}.json --issuer ${issuer.root.kid}\n${answer.output}`);
      expect(answer.exit, name).toBe(exit);
      expect(answer.output).toContain(word);
      for (const line of ["issuer", "signature", "key", "log", "expiry", "revocation"])
        expect(answer.output.match(new RegExp(`^  ${line} +(ok|FAIL|open) `, "gm")), `${name}: ${line}`).toHaveLength(1);
    }
  });

  it("prints one table of what it tells apart in an evidence bundle, each with an exit code of its own", async () => {
    const lines = issuer.leaves.map((leaf) => `${JSON.stringify(leaf)}\n`);
    const [first = "", second = "", third = "", fourth = "", fifth = ""] = lines;
    const checkpoint = await signedCheckpoint(issuer);
    const attested = "attestations/att_1.json";
    const other = signedCheckpoint(issuer, { origin: "api.armalo.test/log/org_2222222222222222222222" });
    const badly = { ...good, statement: spoil(good.statement, good.statement.length - 20) };
    const cases: [name: string, files: Record<string, string>, exit: number][] = [
      ["good", {}, 0],
      ["an event changed", { "events.jsonl": lines.join("").replace("agt_1", "agt_2") }, 40],
      ["an event missing", { "events.jsonl": first + second + third + fifth }, 41],
      ["two events reordered", { "events.jsonl": first + third + second + fourth + fifth }, 42],
      ["the end truncated", { "events.jsonl": first + second + third + fourth }, 43],
      ["an event repeated", { "events.jsonl": lines.join("") + fifth }, 44],
      ["an event added", { "events.jsonl": lines.join("") + fifth.replace('"seq":5', '"seq":6') }, 45],
      ["a badly signed checkpoint", { "checkpoint.txt": spoil(checkpoint, checkpoint.length - 20) }, 22],
      ["another log's checkpoint", { "checkpoint.txt": await other }, 23],
      ["a badly signed attestation", { [attested]: JSON.stringify(badly) }, 11],
      ["no attestation", { [attested]: "" }, 41],
      ["not an archive", { "checkpoint.txt": "" }, 3],
    ];
    const table = cases.map(([name, change, exit]) => {
      const answer = verify(evidenceFile(change, checkpoint), ...pinned());
      expect(answer.exit, `${name}\n${answer.output}`).toBe(exit);
      const failed = /Not verified: (.*) \(/.exec(answer.output)?.[1] ?? "verified";
      return `${name.padEnd(28)} exit ${String(answer.exit).padEnd(4)} ${failed}`;
    });
    const unpinned = verify(evidenceFile({}, checkpoint), ...at);
    expect(unpinned.exit).toBe(10);
    table.push(`${"good, with no issuer pinned".padEnd(28)} exit ${unpinned.exit}   ${/Not verified: (.*) \(/.exec(unpinned.output)?.[1]}`);
    console.log(`\n${table.join("\n")}\n`);
  });

  it("takes the root key as a file, a bare statement with the keys beside it, and the risks that its reader names", async () => {
    const root = fileOf("root.json", JSON.stringify({ kty: "OKP", crv: "Ed25519", x: issuer.root.x }));
    expect(verify(bundleFile("good.json", good), "--issuer", root, ...at).exit).toBe(0);
    const keys = fileOf("jwks.json", JSON.stringify({ keys: [], key_history: good.keyHistory }));
    const bare = fileOf("statement.jws", `${good.statement}\n`);
    const alone = verify(bare, "--issuer", root, "--keys", keys, ...at);
    expect([alone.exit, alone.output.includes("inclusion_absent"), alone.output.includes("list_absent")]).toEqual([20, true, true]);
    const accepted = verify(bare, "--issuer", root, "--keys", keys, ...at, "--accept", "inclusion_absent", "--accept", "list_absent");
    expect([accepted.exit, accepted.output.includes("open")]).toEqual([0, true]);
    const half = verify(bare, "--issuer", root, "--keys", keys, ...at, "--accept", "inclusion_absent");
    expect([half.exit, half.output.includes("Not verified: list_absent")]).toEqual([34, true]);
    expect(verify(bare, "--keys", keys, ...at).exit).not.toBe(0);
  });

  it("checks exports, checkpoints and evidence bundles", async () => {
    const checkpointText = await signedCheckpoint(issuer);
    const checkpoint = fileOf("checkpoint.txt", checkpointText);
    const keys = fileOf("history.jws", good.keyHistory);
    const lines = issuer.leaves.map((leaf) => `${JSON.stringify(leaf)}\n`);
    const shown = issuer.leaves.map(({ v: _v, orgId: _org, ...event }) => `${JSON.stringify(event)}\n`).toReversed();
    const beside = ["--keys", keys, "--checkpoint", checkpoint, ...pinned()];
    expect(verify(checkpoint, "--keys", keys, ...pinned()).exit).toBe(0);
    expect(verify(fileOf("events.jsonl", lines.join("")), ...beside).exit).toBe(0);
    expect(verify(fileOf("export.jsonl", shown.join("")), ...beside).exit).toBe(0);
    expect(verify(fileOf("short.jsonl", lines.slice(0, -1).join("")), ...beside).exit).toBe(43);
    expect(verify(fileOf("gap.jsonl", lines.toSpliced(1, 1).join("")), ...beside).exit).toBe(41);
    expect(verify(fileOf("spoilt.txt", spoil(await signedCheckpoint(issuer), 60)), "--keys", keys, ...pinned()).exit).toBe(22);

    const zip = (change: Record<string, string> = {}): string => evidenceFile(change, checkpointText);
    const whole = verify(zip(), ...pinned());
    expect([whole.exit, whole.output.includes("1 of 1 statements")]).toEqual([0, true]);
    const changed = verify(zip({ "events.jsonl": lines.join("").replace("agt_1", "agt_2") }), ...pinned());
    expect([changed.exit, changed.output.includes("event 1")]).toEqual([40, true]);
    const bundle = { ...good, statusList: await statusListOf(issuer, { issuedAt: day(20) }) };
    const old = verify(zip({ "attestations/att_1.json": JSON.stringify(bundle) }), ...pinned());
    expect([old.exit, old.output.includes("1 list stale")]).toEqual([0, true]);
    const spoilt = { ...good, statement: spoil(good.statement) };
    expect(verify(zip({ "attestations/att_1.json": JSON.stringify(spoilt) }), ...pinned()).exit).not.toBe(0);
    expect(verify(fileOf("broken.zip", "PK nonsense"), ...pinned()).exit).toBe(3);
  });

  it("has an exit code of its own for each thing that can be wrong, and explains them all", () => {
    const codes = Object.values(verdicts).flatMap(([code, isGood]) => (isGood ? [] : [code]));
    expect(new Set(codes).size).toBe(codes.length);
    const { exit, output } = verify("--help");
    expect(exit).toBe(0);
    for (const name of Object.keys(verdicts).filter((one) => !verdicts[one as keyof typeof verdicts][1])) expect(output).toContain(name);
    for (const wrong of [[], ["a", "b"], ["--what"], ["nowhere.json"], [program, "--accept", "revoked"], [program, "--issuer", "x"]])
      expect(verify(...wrong).exit, wrong.join(" ")).toBe(2);
  });

  it("stands on the pure files of proofs alone, and never on a network", () => {
    const seen = new Map<string, string[]>();
    const root = resolve(dirname(program), "../../..");
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      const text = readFileSync(file, "utf8");
      const imports = [...text.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].map(([, name = ""]) => name);
      seen.set(file.slice(root.length + 1), imports);
      seen.set(file, imports);
      expect(text, file).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket/);
      for (const name of imports.filter((one) => one.startsWith("."))) visit(resolve(dirname(file), name));
    };
    visit(program);
    const own = [...seen.keys()].filter((file) => !file.startsWith("/"));
    expect(own.filter((file) => !/^src\/(verifier|crypto|audit\/transparency)\/|^src\/platform\/clock\.ts$/.test(file))).toEqual([]);
    const foreign = new Set([...seen.values()].flat().filter((name) => !name.startsWith(".")));
    expect([...foreign].toSorted()).toEqual([
      "@noble/hashes/sha2.js",
      "canonicalize",
      "fflate",
      "jose",
      "node:child_process",
      "node:fs",
      "node:fs/promises",
      "node:path",
      "node:url",
      "node:util",
      "zod",
    ]);
  });
});

describe("openssl, which is not ours,", () => {
  it("verifies a statement's bytes, and refuses them with one changed", () => {
    const key = fileOf(
      "key.pem",
      createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: issuer.statement.x }, format: "jwk" })
        .export({ type: "spki", format: "pem" })
        .toString(),
    );
    const [head = "", body = "", signature = ""] = good.statement.split(".");
    const check = (text: string): number | null => {
      const args = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", fileOf("in.bin", text)];
      return spawnSync("openssl", [...args, "-sigfile", fileOf("s.bin", Buffer.from(signature, "base64url"))]).status;
    };
    expect(check(`${head}.${body}`)).toBe(0);
    expect(check(`${head}.${spoil(body)}`)).toBe(1);
  });
});
