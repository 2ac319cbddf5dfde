import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packVerifier } from "../../../src/local/pack-verifier.ts";
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

  it("tells what is wrong with a room's transcript", async () => {
    const issuer = await newIssuer();
    const [header = "", one = "", two = "", ...rest] = await transcriptOf(issuer, converse(["hello", { offer: 3 }, "bye", "end"]));
    const verdictOf = (lines: readonly string[], more = `--issuer ${issuer.root.kid}`): [number | null, string] => {
      writeFileSync(join(home, "transcript.jsonl"), lines.join(""));
      const { exit, output } = run(`npx armalo-verify transcript.jsonl ${more} --at 2026-11-09T00:00:00.000Z`);
      return [exit, output];
    };
    const [exit, output] = verdictOf([header, one, two, ...rest]);
    expect(exit, output).toBe(0);
    expect(output).toMatch(/transcript statement trn_\w+[^]+room +room_\w+[^]+no\. 1 to 4 of[^]+Verified: the issuer signed this\./);
    const damaged: readonly [number, readonly string[]][] = [
      [40, [header, one, two.replace("3", "4"), ...rest]],
      [41, [header, one, ...rest]],
      [42, [header, two, one, ...rest]],
      [43, [header, one, two]],
      [44, [header, one, two, ...rest, one]],
    ];
    for (const [code, lines] of damaged) expect(verdictOf(lines)[0], String(code)).toBe(code);
    const { statement } = JSON.parse(header);
    const place = header.indexOf(statement) + statement.length - 20;
    const forged = `${header.slice(0, place)}${header[place] === "A" ? "B" : "A"}${header.slice(place + 1)}`;
    expect(verdictOf([forged, one, two, ...rest])[0]).toBe(11);
    expect(verdictOf([header, one, two, ...rest], "")[0]).toBe(10);
    change(issuer, { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(2) }, day(3));
    writeFileSync(join(home, "history.jws"), await signHistory(issuer.root, issuer.history));
    expect(verdictOf([header, one, two, ...rest], `--issuer ${issuer.root.kid} --keys history.jws`)[0]).toBe(14);
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
