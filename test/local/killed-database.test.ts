import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockDataDir } from "../../src/local/data-dir.ts";
import { openEmbedded } from "../../src/local/database.ts";

const writer = fileURLToPath(new URL("support/write-until-killed.ts", import.meta.url).href);
const holder =
  "const { lockDataDir } = await import(process.argv[1]); await lockDataDir(process.argv[2]); console.log('held'); setInterval(() => {}, 1000);";
const lockModule = new URL("../../src/local/data-dir.ts", import.meta.url).href;

const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "armalo-killed-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** Runs a script until it has said something `lines` times, kills it without warning, and answers what it said. */
async function killAfter(lines: number, args: readonly string[]): Promise<string[]> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString("utf8");
    if (said.split("\n").length > lines) child.kill("SIGKILL");
  });
  await new Promise((resolve) => child.once("close", resolve));
  return said.split("\n").slice(0, -1);
}

describe("the embedded database, killed in the middle of writing", () => {
  it("has everything that it said was written, and opens again, time after time", async () => {
    const dataDir = await newFolder();
    for (const lines of [1, 40, 7]) {
      const said = await killAfter(lines, [writer, dataDir]);
      const { pool, close } = await openEmbedded({ dataDir });
      const { rows } = await pool.query("select count(*)::int as kept, max(n)::int as last from written");
      await close();
      expect(rows[0].last).toBeGreaterThanOrEqual(Number(said.at(-1)));
      expect(rows[0].kept).toBe(rows[0].last);
    }
  });
});

describe("the lock on the data folder", () => {
  it("keeps a second process out, and is gone with the first one, however that ended", async () => {
    const folder = await newFolder();
    const first = await lockDataDir(folder);
    expect(first).toBeDefined();
    expect(await lockDataDir(folder)).toBeUndefined();
    first?.release();
    expect(await killAfter(1, ["--input-type=module", "--eval", holder, lockModule, folder])).toEqual(["held"]);
    const next = await lockDataDir(folder);
    expect(next).toBeDefined();
    next?.release();
  });

  it("keeps out another process while the first one lives", async () => {
    const folder = await newFolder();
    const child = spawn(process.execPath, ["--input-type=module", "--eval", holder, lockModule, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(await lockDataDir(folder)).toBeUndefined();
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));
  });
});
