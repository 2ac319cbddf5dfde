import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { Visits } from "../../src/rooms/visits.ts";

it("a visit counts no message that was not kept", () =>
  runInDurableObject(env.ROOM.get(env.ROOM.newUniqueId()), (_, { storage }) => {
    const visits = new Visits(storage.sql, { record: () => undefined, wakeBy: () => undefined });
    const visit = visits.enter("room", "socket", newId("agent"), 1);
    visits.countMessage(visit, true);
    storage.sql.exec("create trigger full before update on visits begin select raise(abort, 'full'); end");
    expect(() => storage.transactionSync(() => visits.countMessage(visit, true))).toThrow("full");
    expect([visit.messages, visit.effects]).toEqual([1, 1]);
  }));
