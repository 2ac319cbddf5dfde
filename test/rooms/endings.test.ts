import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Ending } from "../../src/access/room-control.ts";
import { Endings } from "../../src/rooms/endings.ts";

const pass = { tokenId: "rtk_1", agentId: "agt_1", keyId: "key_1", generation: 2 };

/** Storage of an object of its own. */
const withEndings = (work: (endings: Endings, again: () => Endings) => void): Promise<void> =>
  runInDurableObject(env.ROOM.get(env.ROOM.newUniqueId()), (_, { storage }) =>
    work(new Endings(storage.sql), () => new Endings(storage.sql)),
  );

describe("endings", () => {
  it("end what they name, from their time on, until theirs is over, and nothing else", () =>
    withEndings((endings) => {
      const cases: [Ending, number, number][] = [
        [{ kind: "token", id: "rtk_1", until: 100 }, 50, 0],
        [{ kind: "token", id: "rtk_2", until: 100 }, 50, Infinity],
        [{ kind: "agent", id: "agt_1", until: null }, 50, 0],
        [{ kind: "agent", id: "agt_1", until: 40 }, 50, Infinity],
        [{ kind: "archived_agent", id: "agt_1", until: 100 }, 50, 0],
        [{ kind: "key", id: "key_1", from: 70, until: 100 }, 50, 70],
        [{ kind: "key", id: "key_1", from: 70, until: 100 }, 100, Infinity],
      ];
      for (const [ending, now, end] of cases) {
        endings.add(ending);
        expect(endings.endOf(pass, now), JSON.stringify(ending)).toBe(end);
        endings.lift(ending.kind, "id" in ending ? ending.id : "");
        expect(endings.endOf(pass, now)).toBe(Infinity);
      }
    }));

  it("of a generation end its tokens and those before it for good, and take one row however often it is rotated", () =>
    runInDurableObject(env.ROOM.get(env.ROOM.newUniqueId()), (_, { storage: { sql } }) => {
      const endings = new Endings(sql);
      for (const [upTo, end] of [
        [1, Infinity],
        [2, 0],
        [1, 0],
        [3, 0],
      ] as const) {
        endings.add({ kind: "generation", upTo });
        for (const one of [endings, new Endings(sql)]) expect(one.endOf(pass, 50), `${upTo}`).toBe(end);
      }
      expect(new Endings(sql).endOf({ ...pass, generation: 4 }, 50)).toBe(Infinity);
      expect(sql.exec("select id from endings").toArray()).toEqual([{ id: "3" }]);
    }));

  it("of the same name keep the earlier beginning and the later end, and are there after a restart", () =>
    withEndings((endings, again) => {
      endings.add({ kind: "key", id: "key_1", from: 70, until: 100 });
      endings.add({ kind: "key", id: "key_1", from: 60, until: 90 });
      endings.add({ kind: "key", id: "key_1", from: 80, until: 120 });
      endings.add({ kind: "agent", id: "agt_1", until: null });
      endings.add({ kind: "agent", id: "agt_1", until: 10 });
      endings.forget(110);
      expect(again().endOf(pass, 110)).toBe(0);
      endings.lift("agent", "agt_1");
      expect(again().endOf(pass, 110)).toBe(60);
      endings.forget(120);
      expect(again().endOf(pass, 110)).toBe(Infinity);
    }));
});
