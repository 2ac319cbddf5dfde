import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packVerifier } from "../../../src/local/pack-verifier.ts";
import { messageLine } from "../../../src/crypto/statement/transcript.ts";
import { signHistory } from "../../../src/crypto/statement/key-history.ts";
import { change, day, newBundle, newIssuer } from "../../verifier/issuer.ts";
import { converse, transcriptOf } from "../../verifier/transcripts.ts";

let folder: string;
let home: string;

/** A shell in the folder of somebody who has Node and npm, and neither a network nor anything of ours. */
function run(command: string, cwd = home): { exit: number | null; output: string } {
  const nowhere = "http://127.0.0.1:9";
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    HOME: home,
    npm_config_offline: "true",
    npm_config_registry: nowhere,
    npm_config_cache: join(folder, "cache"),
  };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", command], { cwd, encoding: "utf8", env });
  return { exit: status, output: stdout + stderr };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "armalo-pack-"));
  home = join(folder, "home");
  mkdirSync(home);
  const built = await packVerifier(join(folder, "built"));
  expect(run(`npm pack ${built}`, folder).exit).toBe(0);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? expect.fail("nothing was packed");
  const { exit, output } = run(`npm init -y && npm install --no-audit --no-fund ${join(folder, tarball)}`);
  expect(exit, output).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the verifier as a package", () => {
  it("needs Node alone, and runs from its bin where nothing else is, with the network off", async () => {
    expect(readdirSync(join(home, "node_modules")).filter((name) => !name.startsWith("."))).toEqual(["armalo-verify"]);
    const issuer = await newIssuer();
    const good = await newBundle(issuer);
    writeFileSync(join(home, "good.json"), JSON.stringify(good));
    writeFileSync(join(home, "changed.json"), JSON.stringify({ ...good, statement: good.statement.replace("eyJ", "eyK") }));
    const arguments_ = `--issuer ${issuer.root.kid} --at 2026-11-09T00:00:00.000Z`;
    const answer = run(`npx armalo-verify good.json ${arguments_}`);
    expect([answer.exit, answer.output.includes("Verified")], answer.output).toEqual([0, true]);
    expect(run(`npx armalo-verify good.json`).exit).toBe(10);
    expect(run(`npx armalo-verify changed.json ${arguments_}`).exit).toBe(3);
  });

  it("prints one table of what it tells apart in a room's transcript", async () => {
    const issuer = await newIssuer();
    const [header = "", one = "", two = "", ...rest] = await transcriptOf(issuer, converse(["hello", { offer: 3 }, "bye", "end"]));
    const good = [header, one, two, ...rest];
    const { statement } = JSON.parse(header);
    const place = header.indexOf(statement) + statement.length - 20;
    const forged = `${header.slice(0, place)}${header[place] === "A" ? "B" : "A"}${header.slice(place + 1)}`;
    change(issuer, { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(2) }, day(3));
    writeFileSync(join(home, "history.jws"), await signHistory(issuer.root, issuer.history));
    const pinned = `--issuer ${issuer.root.kid}`;
    const cases: [name: string, lines: string[], exit: number, pins?: string][] = [
      ["good", good, 0],
      ["a message changed", [header, one, two.replace("3", "4"), ...rest], 40],
      ["a message missing", [header, one, ...rest], 41],
      ["two messages reordered", [header, two, one, ...rest], 42],
      ["the end truncated", [header, one, two], 43],
      ["a message repeated", [...good, one], 44],
      ["a message added", [...good, ...converse(["more"], { seq: 4, digest: JSON.parse(rest[1] ?? "").digest }).map(messageLine)], 45],
      ["a badly signed header", [forged, one, two, ...rest], 11],
      ["no header", good.slice(1), 3],
      ["good, the key revoked since", good, 14, `${pinned} --keys history.jws`],
      ["good, with no issuer pinned", good, 10, ""],
    ];
    const table = cases.map(([name, lines, code, pins = pinned]) => {
      writeFileSync(join(home, "transcript.jsonl"), lines.join(""));
      const { exit, output } = run(`npx armalo-verify transcript.jsonl ${pins} --at 2026-11-09T00:00:00.000Z`);
      expect(exit, `${name}\n${output}`).toBe(code);
      if (code === 0)
        expect(output).toMatch(/transcript statement trn_\w+[^]+room +room_\w+[^]+no\. 1 to 4 of[^]+Verified: the issuer signed this\./);
      return `${name.padEnd(28)} exit ${String(exit).padEnd(4)} ${/Not verified: (.*) \(/.exec(output)?.[1] ?? "verified"}`;
    });
    console.log(`\n${table.join("\n")}\n`);
  });

  it("is one readable file that can be copied alone, imports only Node's own modules and holds no way to a network", () => {
    const file = join(home, "node_modules", "armalo-verify", "armalo-verify.mjs");
    const text = readFileSync(file, "utf8");
    const imports = [...text.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, name]) => name);
    expect(new Set(imports)).toEqual(new Set(["node:fs/promises", "node:util", "module"]));
    expect(text).not.toMatch(/\bfetch\(|XMLHttpRequest|WebSocket|node:(http|https|net|tls|dgram|child_process)/);
    cpSync(file, join(folder, "alone.mjs"));
    expect(run(`node ${join(folder, "alone.mjs")} --help`, folder)).toMatchObject({ exit: 0 });
  });

  it("carries the licences of what is in it", () => {
    const notices = readFileSync(join(home, "node_modules", "armalo-verify", "THIRD-PARTY.txt"), "utf8");
    for (const name of ["@noble/hashes", "canonicalize", "fflate", "jose", "zod"]) expect(notices).toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  it("says so where the sources themselves were installed, which Node would not run", () => {
    const below = join(folder, "node_modules", "armalo");
    mkdirSync(below, { recursive: true });
    cpSync(fileURLToPath(new URL("../../../src/verifier/node/armalo-verify.mjs", import.meta.url).href), join(below, "armalo-verify.mjs"));
    const { exit, output } = run(`node ${join(below, "armalo-verify.mjs")}`, folder);
    expect([exit, output.includes("pack:verifier")]).toEqual([2, true]);
  });
});
