import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { checkpointSigner } from "../../src/audit/checkpoint-signer.ts";
import { logStore } from "../../src/audit/log-store.ts";
import { logOrigin } from "../../src/audit/log-name.ts";
import { runLog } from "../../src/audit/run-log.ts";
import { sweepLogs } from "../../src/audit/sweep-logs.ts";
import { checkCheckpoint } from "./transparency/check-inclusion.ts";
import { openTileTree } from "../../src/audit/transparency/tile-tree.ts";
import { hashLeaf } from "../../src/audit/transparency/tree-hash.ts";
import { verifierKey } from "../../src/audit/transparency/signed-note.ts";
import { newSigner } from "../crypto/statement/signing.ts";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { environment, leavesOf, logOf, publishedOf, rootText, tamper, writeEvents } from "./support.ts";

afterEach(() => vi.restoreAllMocks());

const sign = (org: TestOrganization, covering: number) => logOf(org).head(org.orgId, covering);
const sizeOf = async (org: TestOrganization): Promise<number> => (await logOf(org).status(org.orgId)).size;
const stopOf = async (org: TestOrganization) => (await logOf(org).status(org.orgId)).stop;

/** An organization whose first events, and so many more, are under a signed checkpoint. */
async function logged(more: number): Promise<{ org: TestOrganization; size: number }> {
  const org = await createOrganization();
  await writeEvents(org, more);
  const { length: size } = await leavesOf(org);
  expect(await sign(org, size)).toMatchObject({ ok: true, size });
  return { org, size };
}

/** Every checkpoint that was ever published is of the tree over the events as they stand. */
async function expectNoFork(org: TestOrganization): Promise<void> {
  const leaves = await leavesOf(org);
  const published = await publishedOf(org);
  expect(published.length).toBeGreaterThan(0);
  for (const { size, root } of published) expect(rootText(leaves.slice(0, size))).toBe(root);
}

describe("the log", () => {
  it("signs a checkpoint over every event, in order, that holds without us", async () => {
    const { org, size } = await logged(4);
    const [published] = await publishedOf(org);
    const origin = logOrigin(environment().publicOrigin, org.orgId);
    expect(origin).toBe(`api.armalo.test/log/${org.orgId}`);
    const { publicKey } = await checkpointSigner(environment());
    expect(await checkCheckpoint(published?.note ?? "", origin, [verifierKey(origin, 1, publicKey)])).toMatchObject({
      ok: true,
      checkpoint: { size },
    });
    expect(published?.root).toBe(rootText(await leavesOf(org)));
  });

  it("is told of an event by the change itself, and signs at its alarm within 60 seconds", async () => {
    const org = await createOrganization();
    await writeEvents(org, 1);
    const alarm = await runInDurableObject(logOf(org), (_log, { storage }) => storage.getAlarm());
    expect(alarm).toBeGreaterThan(Date.now());
    expect(alarm).toBeLessThan(Date.now() + 30_000);
    expect(await publishedOf(org)).toEqual([]);
    expect(await runDurableObjectAlarm(logOf(org))).toBe(true);
    expect((await publishedOf(org)).map(({ size }) => size)).toEqual([(await leavesOf(org)).length]);
  });

  it("signs nothing twice, and nothing new where nothing happened", async () => {
    const { org, size } = await logged(1);
    for (let at = 0; at < 3; at += 1) await sign(org, size);
    await logOf(org).poke(org.orgId, 0);
    await runDurableObjectAlarm(logOf(org));
    expect(await publishedOf(org)).toHaveLength(1);
  });

  it("comes to one tree, whoever asks at once and while events are written", async () => {
    const org = await createOrganization();
    await Promise.all([
      ...Array.from({ length: 8 }, () => writeEvents(org, 2)),
      ...Array.from({ length: 12 }, (_, at) => sign(org, at)),
      ...Array.from({ length: 3 }, () => logOf(org).poke(org.orgId, 0)),
    ]);
    const { length: size } = await leavesOf(org);
    expect(await sign(org, size)).toMatchObject({ ok: true, size });
    await expectNoFork(org);
  });

  it("appends a page only where it was read for: a second integration of the same events changes nothing", async () => {
    const { org, size } = await logged(2);
    const grown = await runInDurableObject(logOf(org), (_log, { storage }) => {
      const store = logStore(storage);
      return [store.grow(size - 1, [hashLeaf(new Uint8Array(1))]), store.grow(0, []), store.size()];
    });
    expect(grown).toEqual([false, false, size]);
  });

  it("takes up a large backlog in pages, and reads what it has logged only in stretches", async () => {
    const { org } = await logged(1);
    await tamper(
      org,
      `insert into audit_events (org_id, seq, id, actor, request_id, action, resource, change, at)
       select :org, seq, 'aud_' || seq, 'system:test', 'req_' || seq, 'key.created', 'key_' || seq, 'sha256:00', date_trunc('milliseconds', now())
         from generate_series((select seq + 1 from audit_heads where org_id = :org), 2500) seq;
       update audit_heads set seq = 2500 where org_id = :org`,
    );
    expect(await sign(org, 2500)).toMatchObject({ ok: true, size: 2500 });
    await expectNoFork(org);
    const tiles = await runInDurableObject(logOf(org), (_log, { storage }) => storage.sql.exec("select count(*) as n from tiles").one());
    expect(tiles).toEqual({ n: 11 });
  });
});

describe("a log that was killed", () => {
  const refuseToSign = (then: () => Promise<unknown> = async () => undefined) => {
    const original = crypto.subtle.sign.bind(crypto.subtle);
    return vi.spyOn(crypto.subtle, "sign").mockImplementation(async (...args) => {
      if (args[0] === "Ed25519") await then();
      return original(...args);
    });
  };

  it("between integrating and signing goes on from the tree it has", async () => {
    const org = await createOrganization();
    await writeEvents(org, 3);
    const { length: size } = await leavesOf(org);
    refuseToSign(() => Promise.reject(new Error("killed")));
    expect(await sign(org, size)).toEqual({ ok: false, reason: "unavailable" });
    expect(await sizeOf(org)).toBe(size);
    expect(await publishedOf(org)).toEqual([]);
    vi.restoreAllMocks();
    await evictDurableObject(logOf(org));
    expect(await runDurableObjectAlarm(logOf(org))).toBe(true);
    expect((await publishedOf(org)).map((row) => row.size)).toEqual([size]);
    await expectNoFork(org);
  });

  it.each(["down", "after_commit"] as const)("between signing and publishing publishes what it signed (database: %s)", async (mode) => {
    const org = await createOrganization();
    const { length: size } = await leavesOf(org);
    refuseToSign(() => failDatabase(org.orgId, mode, 1));
    expect(await sign(org, size)).toMatchObject({ ok: true, size });
    vi.restoreAllMocks();
    await writeEvents(org, 1);
    await evictDurableObject(logOf(org));
    expect(await sign(org, size + 1)).toMatchObject({ ok: true, size: size + 1 });
    expect((await publishedOf(org)).map((row) => row.size)).toEqual([size, size + 1]);
    await expectNoFork(org);
  });

  it("and lost its storage builds the same tree again, and signs on", async () => {
    const { org, size } = await logged(3);
    await runInDurableObject(logOf(org), (_log, { storage }) => storage.deleteAll());
    await evictDurableObject(logOf(org));
    await writeEvents(org, 1);
    expect(await sign(org, size + 1)).toMatchObject({ ok: true, size: size + 1 });
    await expectNoFork(org);
  });

  it("and lost its storage stops where the events are no longer those that it signed", async () => {
    const { org, size } = await logged(3);
    await runInDurableObject(logOf(org), (_log, { storage }) => storage.deleteAll());
    await evictDurableObject(logOf(org));
    await tamper(org, "update audit_events set resource = 'key_other' where org_id = :org and seq = 2");
    await writeEvents(org, 1);
    expect(await sign(org, size + 1)).toMatchObject({ ok: false, reason: "stopped", stop: { reason: "fork", seq: size } });
    expect(await publishedOf(org)).toHaveLength(1);
  });
});

describe("a log whose events were tampered with, as the database's owner", () => {
  const gone = (seq: number): string => `delete from audit_events where org_id = :org and seq = ${seq}`;
  const cases: [what: string, statement: (size: number) => string, stop: (size: number) => object][] = [
    [
      "a changed leaf",
      () => "update audit_events set resource = 'key_other' where org_id = :org and seq = 2",
      () => ({ reason: "leaf_changed", seq: 2 }),
    ],
    [
      "a changed time",
      () => "update audit_events set at = at + interval '1 ms' where org_id = :org and seq = 1",
      () => ({ reason: "leaf_changed", seq: 1 }),
    ],
    ["a removed leaf", () => gone(2), () => ({ reason: "leaf_missing", seq: 2 })],
    [
      "two swapped leaves",
      () =>
        "update audit_events set seq = -seq where org_id = :org and seq in (3, 4); update audit_events set seq = seq + 7 where org_id = :org and seq in (-3, -4)",
      () => ({ reason: "leaf_changed", seq: 3 }),
    ],
    [
      "an end that was cut off",
      (size) => `${gone(size)}; update audit_heads set seq = seq - 1 where org_id = :org`,
      (size) => ({ reason: "leaf_changed", seq: size }),
    ],
    [
      "an end that was cut off, with nothing written since",
      (size) => `${gone(size)}; update audit_heads set seq = seq - 2 where org_id = :org`,
      (size) => ({ reason: "head_behind", seq: size }),
    ],
    [
      "a leaf appended beside the numbering",
      (size) =>
        `insert into audit_events (org_id, seq, id, actor, request_id, action, resource, change) values (:org, ${size + 2}, 'aud_x', 'a', 'r', 'key.created', 'k', 'c')`,
      (size) => ({ reason: "unnumbered", seq: size + 2 }),
    ],
  ];

  it.each(cases)("%s stops it, and it says so", async (_what, statement, stop) => {
    const { org, size } = await logged(5);
    const nothingSince = _what.endsWith("since");
    await tamper(org, statement(size));
    if (!nothingSince) await writeEvents(org, 1);
    else await tamper(org, "update audit_heads set seq = seq + 1 where org_id = :org");
    await logOf(org).poke(org.orgId, 0);
    await runDurableObjectAlarm(logOf(org));
    expect(await stopOf(org)).toMatchObject(stop(size));
    expect(await sign(org, size + 1)).toMatchObject({ ok: false, reason: "stopped", stop: stop(size) });
    expect(await publishedOf(org)).toHaveLength(1);
    expect(await ownerSees("select count(*)::int as n from security_events where org_id = $1 and kind = 'log_stopped'", org.orgId)).toEqual(
      [{ n: 1 }],
    );
  });

  it("a gap in the sequence stops it; it does not skip, and goes on once the event is back", async () => {
    const { org, size } = await logged(1);
    await writeEvents(org, 3);
    await ownerSees("create table if not exists kept_aside as select * from audit_events where false");
    await tamper(
      org,
      `insert into kept_aside select * from audit_events where org_id = :org and seq = ${size + 2}; delete from audit_events where org_id = :org and seq = ${size + 2}`,
    );
    for (const covering of [size + 1, size + 3]) {
      expect(await sign(org, covering)).toMatchObject({ ok: false, reason: "stopped", stop: { reason: "gap", seq: size + 2 } });
    }
    await evictDurableObject(logOf(org));
    expect(await sign(org, size + 1)).toMatchObject({ reason: "stopped" });
    expect(await publishedOf(org)).toHaveLength(1);
    await tamper(org, "insert into audit_events select * from kept_aside where org_id = :org");
    expect(await sign(org, size + 3)).toMatchObject({ ok: true, size: size + 3 });
    expect(await stopOf(org)).toBeUndefined();
    await expectNoFork(org);
  });

  it("an event that is gone before it was logged, at the end, stops it too", async () => {
    const { org, size } = await logged(1);
    await writeEvents(org, 1);
    await tamper(org, gone(size + 1));
    expect(await sign(org, size + 1)).toMatchObject({ reason: "stopped", stop: { reason: "gap", seq: size + 1 } });
  });

  it("its own tiles, where they were damaged, stop it as well", async () => {
    const { org, size } = await logged(3);
    await runInDurableObject(logOf(org), (_log, { storage }) => void storage.sql.exec("update tiles set hashes = zeroblob(32)"));
    await evictDurableObject(logOf(org));
    await writeEvents(org, 1);
    expect(await sign(org, size + 1)).toMatchObject({ reason: "stopped", stop: { reason: "storage_damaged" } });
  });
});

describe("a new key", () => {
  it("signs every log anew, after an event that says so", async () => {
    const { org, size } = await logged(1);
    const [before] = await publishedOf(org);
    const other = await newSigner();
    const results = await runInDurableObject(logOf(org), async (_log, { storage }) => {
      const store = logStore(storage);
      const tree = openTileTree(store.readTile);
      const log = { env: environment(), orgId: org.orgId, store, tree, signerBy: async () => other, doubts: new Set<number>() };
      return [await runLog(log), await runLog(log), await runLog(log)];
    });
    expect(results).toEqual(["more", "done", "done"]);
    const [, after] = await publishedOf(org);
    expect(after?.size).toBe(size + 1);
    expect([after?.kid, after?.kid === before?.kid]).toEqual([other.kid, false]);
    const [event] = await ownerSees("select action, actor from audit_events where org_id = $1 and seq = $2", org.orgId, size + 1);
    expect(event).toEqual({ action: "log.key_changed", actor: "system:log" });
    await expectNoFork(org);
  });
});

describe("the minute's sweep", () => {
  it("wakes a log whose poke was lost", async () => {
    const org = await createOrganization(); // made by the administrator, who pokes nobody
    const alarm = () => runInDurableObject(logOf(org), (_log, { storage }) => storage.getAlarm());
    expect(await alarm()).toBeNull();
    for (let tries = 0; tries < 60 && (await publishedOf(org)).length === 0; tries += 1) {
      await sweepLogs(environment(), new Date(Date.now() + 60_000));
      await expect.poll(alarm).toBeNull();
    }
    expect(await publishedOf(org)).toHaveLength(1);
  });
});
