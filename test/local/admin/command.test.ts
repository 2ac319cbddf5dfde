import { execFile } from "node:child_process";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openEmbedded } from "../../../src/local/database.ts";
import { openInstallation } from "../../../src/local/installation.ts";
import { announce } from "../../../src/local/running.ts";
import { startSqlServer } from "../../../src/local/sql-server.ts";
import { openPolicy } from "../../support/open-policy.ts";

const command = fileURLToPath(new URL("../../../src/local/admin.ts", import.meta.url).href);
let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "armalo-admin-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

type Ended = { code: number; out: string; err: string };

const admin = (...args: string[]): Promise<Ended> => adminWith({ ARMALO_DATA_DIR: folder, DATABASE_URL: "" }, ...args);

const adminWith = (settings: Record<string, string>, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, ...settings };
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

  it("says which command there is not, and which there are", async () => {
    const refused = await admin("frobnicate");
    expect(refused).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/There is no command frobnicate\.[^]*create-organization/),
    });
  });

  it.each([
    [["create-key", "--organization", "org_x", "--name", "ci"], "API_KEY_TAG_SECRET and ENCRYPTION_KEYS are needed"],
    [["reencrypt"], "API_KEY_TAG_SECRET and ENCRYPTION_KEYS are needed"],
  ])("invents no secrets for a database elsewhere: %s", async (args, said) => {
    const nowhere = join(folder, "not-there");
    const refused = await adminWith({ ARMALO_DATA_DIR: nowhere, DATABASE_URL: "postgresql://owner:x@127.0.0.1:1/armalo" }, ...args);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(said) });
    await expect(access(nowhere)).rejects.toThrow("ENOENT");
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

  it("makes a root key, and introduces, rotates and revokes signing keys with it", async () => {
    const file = join(folder, "offline-root.json");
    const root = await admin("make-root-key", "--out", file);
    expect(root.out).toMatch(/^ {2}[\w-]{43}$/m);
    const begun = await admin("introduce-keys", "--root-key", file, "--issuer", "https://api.example.com/x");
    expect(begun).toMatchObject({ code: 0, out: expect.stringContaining("https://api.example.com took 2 changes") });
    const rotated = await admin("rotate-signing-key", "--purpose", "statement", "--root-key", file, "--overlap-hours", "0");
    expect(rotated).toMatchObject({ code: 0, out: expect.stringContaining("secrets.json") });
    const kid = /new key ([\w-]{43})/.exec(rotated.out)?.[1] ?? "";
    const secrets = z.object({ STATEMENT_KEYS: z.string() }).parse(JSON.parse(await readFile(join(folder, "secrets.json"), "utf8")));
    expect(JSON.parse(secrets.STATEMENT_KEYS).keys).toHaveLength(2);
    const revoked = await admin("revoke-signing-key", "--kid", kid, "--reason", "key_compromise", "--root-key", file);
    expect(revoked).toMatchObject({ code: 0, out: expect.stringContaining(`Revoked ${kid}`) });
    const again = await admin("revoke-signing-key", "--kid", kid, "--reason", "key_lost", "--root-key", file);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("revoked already") });
  });

  it("sets a claim policy out of a file", async () => {
    const made = await admin("create-organization", "--name", "Claims", "--plan", "free");
    const file = join(folder, "policy.json");
    await writeFile(file, JSON.stringify(openPolicy));
    const set = await admin("set-claim-policy", "--organization", createdId(made.out), "--file", file);
    expect(set).toMatchObject({ code: 0, out: expect.stringContaining("Policy 1 of org_") });
  });

  it("lets people in, and prints links to where the Worker is served", async () => {
    const orgId = createdId((await admin("create-organization", "--name", "People", "--plan", "free")).out);
    const ada = ["--organization", orgId, "--email", " Ada@Example.com", "--name", "Ada", "--role", "owner"];
    const added = await admin("add-member", ...ada);
    expect(added).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Added mbr_\w{22} \(owner\)\. .*sign-in-link --email ada@example\.com\n$/),
    });
    expect(await admin("add-member", ...ada)).toMatchObject({ code: 1, err: expect.stringContaining("has the address ada@example.com") });
    const nowhere = await admin("sign-in-link", "--email", "ada@example.com");
    expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining("set PUBLIC_ORIGIN") });
    const settings = { ARMALO_DATA_DIR: folder, DATABASE_URL: "", PUBLIC_ORIGIN: "https://api.example.com" };
    const link = await adminWith(settings, "sign-in-link", "--email", "ADA@example.com");
    expect(link.out).toMatch(new RegExp(`^  https://api\\.example\\.com/sign-in/sil_\\w{22}\\.${orgId}\\.[\\w-]{43}\\.\\w{11}$`, "m"));
    const other = createdId((await admin("create-organization", "--name", "More", "--plan", "free")).out);
    await admin("add-member", "--organization", other, "--email", "ada@example.com", "--role", "viewer");
    const unclear = await adminWith(settings, "sign-in-link", "--email", "ada@example.com");
    expect(unclear).toMatchObject({ code: 1, err: expect.stringContaining(`--organization: ${orgId}, ${other}`) });
    expect((await adminWith(settings, "sign-in-link", "--email", "ada@example.com", "--organization", other)).out).toContain(other);
  }, 180_000);

  it.for([
    [["add-member", "--organization", "org_x", "--email", "nobody", "--role", "owner"], "--email is an address"],
    [
      ["add-member", "--organization", "org_x", "--email", "a@example.com", "--role", "king"],
      "--role is one of viewer, operator, admin, owner.",
    ],
    [
      ["add-member", "--organization", "org_0000000000000000000009", "--email", "a@example.com", "--role", "owner"],
      "There is no organization",
    ],
    [["rotate-signing-key", "--purpose", "everything"], "--purpose is one of statement, checkpoint."],
    [["rotate-signing-key", "--purpose", "statement", "--root-key", "nowhere.json"], "There is no root key in nowhere.json"],
    [["introduce-keys", "--root-key", "nowhere.json", "--issuer", "here"], "There is no root key in nowhere.json"],
    [["revoke-signing-key", "--kid", "x"], "--root-key is needed."],
    [["set-claim-policy", "--organization", "org_x", "--file", "nowhere.json"], "nowhere.json is no file with JSON in it."],
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
