import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { Outbox, type OutboxEntry } from "../../src/audit/outbox.ts";
import { AlreadyLogged } from "../../src/db/database-fault.ts";
import { newId } from "../../src/platform/ids.ts";

const entry = (resource: string): OutboxEntry => ({
  id: newId("auditEvent"),
  action: "payment.settled",
  resource,
  actor: "system:test",
  change: { resource },
  data: null,
  at: Date.now(),
});

/** In the storage of some object that nothing else uses. */
const inObject = (work: (sql: SqlStorage) => Promise<void>): Promise<void> =>
  runInDurableObject(env.SETTLEMENT.get(env.SETTLEMENT.newUniqueId()), (_object, { storage }) => work(storage.sql));

describe("an outbox", () => {
  it("sends what was added in order, once, and keeps nothing where nothing happened", () =>
    inObject(async (sql) => {
      const outbox = new Outbox(sql);
      const sent: string[] = [];
      const write = async ({ resource }: OutboxEntry): Promise<void> => void sent.push(resource);
      expect([outbox.size(), await outbox.drain(write)]).toEqual([0, undefined]);
      expect(sql.exec("select 1 from sqlite_master").toArray()).toEqual([]);
      for (const name of ["a", "b", "c"]) outbox.add(entry(name));
      await Promise.all([outbox.drain(write), outbox.drain(write)]);
      expect([sent, outbox.size()]).toEqual([["a", "b", "c"], 0]);
    }));

  it("stops at what cannot be sent, says when to try again, ever later, and survives a restart", () =>
    inObject(async (sql) => {
      const outbox = new Outbox(sql);
      for (const name of ["a", "b"]) outbox.add(entry(name));
      const down = () => Promise.reject(new Error("down"));
      const first = await outbox.drain(down);
      const second = await new Outbox(sql).drain(down);
      expect([(first ?? 0) > Date.now(), (second ?? 0) > (first ?? 0)]).toEqual([true, true]);
      const sent: string[] = [];
      expect(await new Outbox(sql).drain(async ({ resource }) => void sent.push(resource))).toBeUndefined();
      expect(sent).toEqual(["a", "b"]);
    }));

  it("takes what the log has already as sent", () =>
    inObject(async (sql) => {
      const outbox = new Outbox(sql);
      outbox.add(entry("a"));
      expect(await outbox.drain(() => Promise.reject(new AlreadyLogged()))).toBeUndefined();
      expect(outbox.size()).toBe(0);
    }));
});
