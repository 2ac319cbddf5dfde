import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openEmbedded } from "../../../src/local/database.ts";
import { openInstallation } from "../../../src/local/installation.ts";
import { announce } from "../../../src/local/running.ts";
import { startSqlServer } from "../../../src/local/sql-server.ts";

const command = fileURLToPath(new URL("../../../src/local/admin.ts", import.meta.url).href);
let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "armalo-admin-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const admin = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, ARMALO_DATA_DIR: folder, DATABASE_URL: "" };
    execFile(process.execPath, [command, ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });

const createdId = (out: string): string => /(?:org|key)_[0-9A-Za-z]{22}/.exec(out)?.[0] ?? "";

describe("npm run admin", () => {
  it("creates an organization and a key in the embedded database that nobody has open", async () => {
    const made = await admin("create-organization", "--name", "Acme", "--plan", "pro", "--test");
    expect(made).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^Created org_\w{22} \(pro, test\)\.\n$/) });
    const key = await admin("create-key", "--organization", createdId(made.out), "--name", "ci", "--scopes", "agents:read, evals:write");
    expect(key).toMatchObject({ code: 0, out: expect.stringMatching(/arm_test_\w+/) });
    const { pool, close } = await openEmbedded({ dataDir: join(folder, "postgres-18") });
    const { rows } = await pool.query("select scopes from api_keys where id = $1", [createdId(key.out)]);
    await close();
    expect(rows).toEqual([{ scopes: ["agents:read", "evals:write"] }]);
  });

  it("goes through the process that has the database open", async () => {
    process.env["ARMALO_DATA_DIR"] = folder;
    const installation = await openInstallation();
    if (installation === undefined) throw new Error("another process has the folder");
    const meanwhile = await admin("create-organization", "--name", "Early", "--plan", "free");
    const server = await startSqlServer({ pool: installation.database.pool, passwords: { armalo_admin: "p", armalo_app: "q" } });
    const takeBack = await announce(folder, { endpoint: server.endpoint, connectionString: server.connectionString("armalo_admin") });
    const made = await admin("create-organization", "--name", "Late", "--plan", "free");
    const { rows } = await installation.database.pool.query("select name from organizations where name in ('Early', 'Late')");
    await takeBack();
    await server.close();
    await installation.close();
    expect(meanwhile).toMatchObject({ code: 1, err: expect.stringContaining("try again in a moment") });
    expect(made.code).toBe(0);
    expect(rows).toEqual([{ name: "Late" }]);
  });

  it.for([
    [["create-organization", "--name", "x", "--plan", "gold"], "--plan is one of free, pro, enterprise."],
    [["create-organization", "--plan", "free"], "--name is needed."],
    [["create-key", "--organization", "org_0000000000000000000009", "--name", "x"], "There is no organization org_0000000000000000000009."],
    [["create-key", "--organization", "org_x", "--name", "x", "--scopes", "everything"], "There is no scope everything"],
    [["set-database-password"], "set DATABASE_URL to its owner's address"],
    [["destroy"], "create-organization --name NAME"],
    [["create-key", "--colour", "red"], "Unknown option '--colour'"],
  ] as const)("answers %s with one sentence and no stack", async ([args, sentence]) => {
    const { code, out, err } = await admin(...args);
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toContain(sentence);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
