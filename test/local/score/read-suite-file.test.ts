import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSuiteFile } from "../../../src/local/score/read-suite-file.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "armalo-suite-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(text: string): Promise<string> {
  const file = join(folder, crypto.randomUUID());
  await writeFile(file, text);
  return file;
}

describe("readSuiteFile", () => {
  it("reads the same suite from YAML and from JSON", async () => {
    const yaml = await fileWith("name: S\ncases:\n  - id: c\n    input: Hello?\n    expectations: [{ kind: pii }]\n");
    const json = await fileWith(JSON.stringify({ name: "S", cases: [{ id: "c", input: "Hello?", expectations: [{ kind: "pii" }] }] }));
    expect((await readSuiteFile(yaml)).digest).toBe((await readSuiteFile(json)).digest);
  });

  it("says in a sentence what is wrong with the file, and where", async () => {
    await expect(readSuiteFile(join(folder, "absent"))).rejects.toThrow("cannot be read");
    await expect(readSuiteFile(await fileWith("a: b: c: ["))).rejects.toThrow("neither JSON nor YAML");
    const regex = await fileWith("name: S\ncases: [{ id: c, input: x, expectations: [{ kind: regex, pattern: '(' }] }]");
    await expect(readSuiteFile(regex)).rejects.toThrow("cases.0.expectations.0.pattern");
    await expect(readSuiteFile(await fileWith("just a text"))).rejects.toThrow("does not hold");
  });
});
