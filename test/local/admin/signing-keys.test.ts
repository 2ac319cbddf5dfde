import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type pg from "pg";
import { chooseSigner, openRing, type Signer } from "../../../src/crypto/signer.ts";
import { openKeyHistory, standingOf } from "../../../src/crypto/statement/key-history.ts";
import { platformOrgId } from "../../../src/access/platform.ts";
import type { RunAsAdmin } from "../../../src/local/admin/act.ts";
import { readNewestHistory } from "../../../src/local/admin/change-key-history.ts";
import { introduceKeys } from "../../../src/local/admin/introduce-keys.ts";
import { makeRootKey, readRootKey } from "../../../src/local/admin/root-key.ts";
import { revokeSigningKey, rotateSigningKey } from "../../../src/local/admin/rotate-signing-key.ts";
import { setClaimPolicy } from "../../../src/local/admin/set-claim-policy.ts";
import { ringOf, type SigningSecrets } from "../../../src/local/admin/signing-ring.ts";
import { newSecrets } from "../../../src/local/secrets.ts";
import { runBatch } from "../../../src/local/sql-batch.ts";
import { openTestDatabase } from "../../support/harness-database.node.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { newOrganization } from "../../support/raw-sql.node.ts";

const issuer = "https://api.armalo.test";
const at = (hour: number): Date => new Date(Date.UTC(2026, 10, 1, hour));

let pool: pg.Pool;
let close: () => Promise<void>;
let run: RunAsAdmin;
let folder: string;
let root: Signer;
let secrets: SigningSecrets;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "armalo-keys-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
// A history of its own for each test: it cannot be taken back.
beforeEach(async () => {
  ({ pool, close } = await openTestDatabase());
  run = (statements) => runBatch(pool, { role: "armalo_admin", statements });
  root = await makeRootKey(join(folder, `${crypto.randomUUID()}.json`));
  secrets = newSecrets();
  return () => close();
});

const ground = (hour: number, issuedBy = root) => ({ root: issuedBy, issuer, now: at(hour) });
const newest = async () => (await readNewestHistory(run)) ?? expect.fail("there is no history");
const signing = async (hour: number, ring = secrets) =>
  chooseSigner(await openRing(ringOf(ring, "statement")), (await newest()).history, "statement", at(hour))?.kid;

async function rotate(hour: number, overlapHours: number): Promise<{ kid: string; ring: SigningSecrets }> {
  let ring = secrets;
  const { kid } = await rotateSigningKey(
    run,
    ground(hour),
    { purpose: "statement", overlapMs: overlapHours * 3_600_000, secrets },
    async (change) => void (ring = { ...ring, ...change }),
  );
  return { kid, ring };
}

describe("the root key", () => {
  it("is made once, for this user's eyes alone", async () => {
    const file = join(folder, "root.json");
    const made = await makeRootKey(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await readRootKey(file))?.kid).toBe(made.kid);
    const before = readFileSync(file, "utf8");
    await expect(makeRootKey(file)).rejects.toThrow("is there already");
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(await readRootKey(join(folder, "nowhere.json"))).toBeUndefined();
  });
});

describe("the installation's key history", () => {
  it("begins with the keys that are there, each an event of the platform, and is left alone after that", async () => {
    expect(await readNewestHistory(run)).toBeNull();
    expect(await introduceKeys(run, ground(0), secrets)).toBe(2);
    const { history, rootKid } = await newest();
    expect(rootKid).toBe(root.kid);
    expect(history.keys.map(({ purpose, supersededAt }) => [purpose, supersededAt])).toEqual([
      ["statement", null],
      ["checkpoint", null],
    ]);
    expect(await introduceKeys(run, ground(1), secrets)).toBe(0);
    const { rows } = await pool.query("select action from audit_events where org_id = $1 order by seq", [platformOrgId]);
    expect(rows.map(({ action }) => action).slice(-2)).toEqual(["signing_key.introduced", "signing_key.introduced"]);
  });

  it("is kept when the installation moves, and knows its earlier addresses", async () => {
    await introduceKeys(run, ground(0), secrets);
    await introduceKeys(run, { ...ground(1), issuer: "http://127.0.0.1:9000" }, secrets);
    expect((await newest()).history).toMatchObject({ issuers: ["http://127.0.0.1:9000", issuer], number: 3 });
  });

  it("is changed by its own root key alone, and one after the other", async () => {
    await introduceKeys(run, ground(0), secrets);
    const other = await makeRootKey(join(folder, `${crypto.randomUUID()}.json`));
    const [key] = (await newest()).history.keys;
    const wanted = { kid: key?.kid ?? "", reason: "key_lost", since: at(0) } as const;
    await expect(revokeSigningKey(run, ground(1, other), wanted)).rejects.toThrow("signed by the root key");
    const both = await Promise.allSettled([revokeSigningKey(run, ground(1), wanted), rotate(1, 0)]);
    const numbers = (await pool.query("select number from key_histories order by number")).rows.map(({ number }) => number);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    expect(numbers.length).toBe(2 + both.filter(({ status }) => status === "fulfilled").length);
  });

  it("is not changed or removed, also not by the database's owner, and what the owner puts there is not believed", async () => {
    await introduceKeys(run, ground(0), secrets);
    for (const change of ["update key_histories set signed = 'x'", "delete from key_histories", "truncate key_histories"])
      await expect(pool.query(change), change).rejects.toMatchObject({ code: "AR002" });
    await pool.query("set session_replication_role = replica");
    await pool.query("insert into key_histories values ($1, 99, 'a.b.c', now())", [platformOrgId]);
    await expect(newest()).rejects.toThrow("somebody changed it");
  });
});

describe("rotating a signing key", () => {
  it("lets the old key sign until its end, the new one where the ring has it, and keeps what the old one signed good", async () => {
    await introduceKeys(run, ground(0), secrets);
    const old = await signing(1);
    const { kid, ring } = await rotate(2, 24);
    expect(await signing(3)).toBe(old);
    expect(await signing(3, ring)).toBe(kid);
    expect(await signing(27)).toBeUndefined();
    const later = { ...(await newest()).history, issuedAt: at(48).toISOString() };
    expect(standingOf(later, old ?? "", "statement", at(1)).status).toBe("superseded");
    expect(standingOf(later, old ?? "", "statement", at(27)).status).toBe("outside_its_time");
    const opened = await openKeyHistory((await newest()).signed);
    expect(opened.ok && opened.history.previous).toMatch(/^sha256:/);
  });

  it("leaves everything as it was where the new ring could not be kept", async () => {
    await introduceKeys(run, ground(0), secrets);
    const before = (await newest()).signed;
    const failing = rotateSigningKey(run, ground(1), { purpose: "checkpoint", overlapMs: 0, secrets }, async () => {
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
    expect((await newest()).signed).toBe(before);
  });
});

describe("revoking a signing key", () => {
  it("ends its signing at once, with the reason and the time from which nothing is believed", async () => {
    await introduceKeys(run, ground(0), secrets);
    const kid = (await signing(1)) ?? expect.fail("no key signs");
    await revokeSigningKey(run, ground(5), { kid, reason: "key_compromise", since: at(3) });
    expect(await signing(6)).toBeUndefined();
    const { history } = await newest();
    expect(standingOf(history, kid, "statement", at(1))).toMatchObject({
      status: "revoked",
      revoked: { reason: "key_compromise", at: at(5).toISOString(), since: at(3).toISOString() },
    });
    await expect(revokeSigningKey(run, ground(6), { kid, reason: "key_lost", since: at(6) })).rejects.toThrow("revoked already");
  });
});

describe("setting a claim policy", () => {
  it("keeps the earlier ones, is an event of both logs, and is refused where it is none", async () => {
    const orgId = await newOrganization(pool);
    expect(await setClaimPolicy(run, orgId, openPolicy)).toMatchObject({ number: 1 });
    expect(await setClaimPolicy(run, orgId, { rules: [] })).toMatchObject({ number: 2 });
    const { rows } = await pool.query("select number from claim_policies where org_id = $1 order by number", [orgId]);
    expect(rows).toEqual([{ number: 1 }, { number: 2 }]);
    const events = await pool.query("select org_id from audit_events where action = 'claim_policy.set' order by org_id");
    expect(new Set(events.rows.map(({ org_id: org }) => org))).toEqual(new Set([platformOrgId, orgId]));
    await expect(setClaimPolicy(run, orgId, { rules: [{ agents: "everyone" }] })).rejects.toThrow("This is no claim policy");
    await expect(setClaimPolicy(run, "org_1", openPolicy)).rejects.toThrow("There is no organization");
  });
});
