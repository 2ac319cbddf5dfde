import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keepSecrets } from "../../src/local/secrets.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "armalo-secrets-"))));
afterEach(() => rm(folder, { recursive: true }));
const kept = async (): Promise<object> => JSON.parse(await readFile(join(folder, "secrets.json"), "utf8"));

describe("an installation's secrets", () => {
  it("are made once, for this user alone", async () => {
    const first = await keepSecrets(folder);
    expect(await keepSecrets(folder)).toEqual(first);
    expect(await kept()).toEqual(first);
    expect((await stat(join(folder, "secrets.json"))).mode & 0o077).toBe(0);
  });

  it("gain what a newer version needs, and keep the rest", async () => {
    const { CHECKPOINT_KEYS: old, ...rest } = await keepSecrets(folder);
    await writeFile(join(folder, "secrets.json"), JSON.stringify(rest));
    const now = await keepSecrets(folder);
    expect(now).toMatchObject(rest);
    expect(now.CHECKPOINT_KEYS).not.toBe(old);
    expect(await kept()).toEqual(now);
  });

  it("are not replaced where one that seals or issued things is missing", async () => {
    const { ENCRYPTION_KEYS: _lost, ...rest } = await keepSecrets(folder);
    await writeFile(join(folder, "secrets.json"), JSON.stringify(rest));
    await expect(keepSecrets(folder)).rejects.toThrow("ENCRYPTION_KEYS");
    expect(await kept()).toEqual(rest);
  });
});
