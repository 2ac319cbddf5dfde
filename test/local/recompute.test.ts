import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { computeScore } from "../../src/features/scores/compute-score.ts";
import { knownEvidence } from "../features/scores/known-evidence.ts";

const root = join(import.meta.dirname, "../..");
const script = join(root, "src/local/recompute.ts");
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "recompute-"));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) =>
  promisify(execFile)(process.execPath, [script, ...args]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );

async function recompute(text: string) {
  const file = join(folder, "evidence.json");
  await writeFile(file, text);
  return run(file);
}

/** Every module that the script loads: its value imports, theirs, and so on. */
async function modulesOf(file: string, seen = new Set<string>()): Promise<Set<string>> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const text = await readFile(file, "utf8");
  for (const [, from = ""] of text.matchAll(/^(?:import(?! type)|export)[^;]*? from "([^"]+)";/gm)) {
    if (from.startsWith(".")) await modulesOf(join(dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

describe("npm run recompute", () => {
  it("prints the score of exported evidence to the digit", async () => {
    const { code, stdout, stderr } = await recompute(JSON.stringify(knownEvidence));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(await computeScore(knownEvidence));
  });

  it("shows that one check was changed", async () => {
    const { stdout } = await recompute(JSON.stringify(knownEvidence).replace('"value":0,', '"value":1,'));
    const [changed, original] = [JSON.parse(stdout), await computeScore(knownEvidence)];
    expect(changed.provenance.evidenceDigest).not.toBe(original.provenance.evidenceDigest);
    expect(changed.dimensions).not.toEqual(original.dimensions);
  });

  it("loads the formula and what it is made of, and nothing else of the product", async () => {
    const loaded = [...(await modulesOf(script))].map((file) => (file.startsWith("/") ? relative(root, file) : file));
    expect(loaded.filter((file) => !file.startsWith("src/features/scores/")).toSorted()).toEqual([
      "canonicalize",
      "node:fs/promises",
      "src/crypto/canonical-json.ts",
      "src/crypto/digest.ts",
      "src/crypto/encoding.ts",
      "src/local/recompute.ts",
      "src/scores/names.ts",
    ]);
    expect(loaded.some((file) => /store|schemas|operations|index/.test(file))).toBe(false);
  });

  it.each([
    ["nothing is named", undefined, "Usage:"],
    ["the file is not JSON", "{", "is not JSON."],
    ["the file is something else", '{"formula":"ts-1"}', "does not hold exported evidence of the formula ts-1."],
    [
      "the formula is another one",
      JSON.stringify({ ...knownEvidence, formula: "ts-2" }),
      "does not hold exported evidence of the formula ts-1.",
    ],
    ["the records are not records", JSON.stringify({ ...knownEvidence, records: [1] }), "no score can be computed from"],
  ])("says in one sentence that %s", async (_, text, sentence) => {
    const { code, stdout, stderr } = await (text === undefined ? run() : recompute(text));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  });

  it("says in one sentence that the file is not there", async () => {
    expect(await run(join(folder, "nowhere.json"))).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be read.") });
  });
});
