import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covers } from "../../src/access/room-capability.ts";
import { DeliveryWindow } from "../../src/rooms/delivery-window.ts";
import { FanOut } from "../../src/rooms/fan-out.ts";
import { messageJson } from "../../src/rooms/frames.ts";
import { readMessageBody, utf8Length } from "../../src/rooms/message-body.ts";
import { Presence } from "../../src/rooms/presence.ts";
import { isDue, passBy, replayedTo, type Subscriptions } from "../../src/rooms/replay.ts";
import { lastDropped, type Mark } from "../../src/rooms/retention.ts";

const segment = fc.constantFrom("a", "b", "c");
const topic = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."));
const pattern = fc
  .tuple(fc.array(fc.oneof(segment, fc.constant("*")), { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([parts, open]) => (open ? [...parts, "**"] : parts).join("."));

describe("the fan-out index", () => {
  it("finds whom asking every member finds, each once, whoever comes and goes", () => {
    const step = fc.record({ member: fc.nat(4), pattern, enters: fc.boolean(), topic });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const index = new FanOut<number>(covers);
        const held = new Map<number, Set<string>>();
        for (const { member, pattern: of, enters, topic: asked } of steps) {
          const own = held.get(member) ?? new Set<string>();
          held.set(member, own);
          if (enters) index.add(of, member);
          else index.remove(of, member);
          if (enters) own.add(of);
          else own.delete(of);
          const wanted = [...held].flatMap(([name, patterns]) => ([...patterns].some((one) => covers(one, asked)) ? [name] : []));
          expect([...index.membersOf(asked)].toSorted()).toEqual(wanted.toSorted());
        }
      }),
    );
  });
});

describe("replay", () => {
  it("of patterns that overlap and begin anywhere gives each message that one of them asks for once", () => {
    const wish = fc.record({ pattern, start: fc.nat(20) });
    fc.assert(
      fc.property(
        fc.array(topic, { minLength: 1, maxLength: 20 }),
        fc.array(wish, { minLength: 1, maxLength: 5 }),
        fc.nat(20),
        (topics, wishes, late) => {
          const subscriptions: Subscriptions = new Map();
          const got: number[] = [];
          const asked = (seq: number) => wishes.some(({ pattern: of, start }) => start < seq && covers(of, topics[seq - 1] ?? ""));
          const run = (): void => {
            for (let from = replayedTo(subscriptions); from < topics.length; from = replayedTo(subscriptions)) {
              const place = { seq: from + 1, topic: topics[from] ?? "" };
              if (isDue(subscriptions, place, covers)) got.push(place.seq);
              passBy(subscriptions, place.seq);
            }
          };
          const firsts = new Map(wishes.map((one) => [one.pattern, one]));
          for (const [at, { pattern: of, start }] of [...firsts.values()].entries()) {
            subscriptions.set(of, { start, cursor: start });
            if (at === late % 5) run();
          }
          run();
          wishes.splice(0, wishes.length, ...firsts.values());
          expect(got.toSorted((a, b) => a - b)).toEqual(topics.map((_, at) => at + 1).filter(asked));
        },
      ),
    );
  });
});

describe("retention", () => {
  it("keeps the newest that all of number, bytes and age allow, and no other", () => {
    const message = fc.record({ bytes: fc.integer({ min: 1, max: 50 }), later: fc.nat(10) });
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 40 }),
        fc.nat(40),
        fc.nat(20),
        fc.nat(400),
        fc.nat(400),
        (made, floored, messages, bytes, sinceMs) => {
          const marks: Mark[] = [{ seq: 0, digest: "", at: 0, total: 0 }];
          for (const one of made) {
            const last = marks.at(-1) ?? { seq: 0, at: 0, total: 0 };
            marks.push({ seq: last.seq + 1, digest: "", at: last.at + one.later, total: last.total + one.bytes });
          }
          const markOf = (seq: number): Mark => marks[seq] ?? expect.fail(`${seq} is not kept`);
          const floor = markOf(Math.min(floored, made.length));
          const head = markOf(made.length);
          const keeps = (seq: number): boolean =>
            seq > head.seq - messages && head.total - markOf(seq).total < bytes && markOf(seq).at >= sinceMs;
          let expected = head.seq;
          while (expected > floor.seq && keeps(expected)) expected -= 1;
          expect(lastDropped(floor, head, { messages, bytes, sinceMs }, markOf)).toBe(expected);
        },
      ),
    );
  });
});

describe("a delivery window", () => {
  it("counts what was sent and not acknowledged, in whatever order the numbers are", () => {
    const step = fc.oneof(fc.record({ send: fc.nat(30), chars: fc.nat(100) }), fc.record({ ack: fc.nat(30) }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const window = new DeliveryWindow();
        let open: { seq: number; chars: number }[] = [];
        for (const one of steps) {
          if ("send" in one) {
            if (open.some(({ seq }) => seq === one.send)) continue;
            window.add(one.send, one.chars);
            open.push({ seq: one.send, chars: one.chars });
          } else {
            const exact = open.findIndex(({ seq }) => seq === one.ack);
            const lower = open.findIndex(({ seq }) => seq > one.ack);
            const count = exact === -1 ? (lower === -1 ? open.length : lower) : exact + 1;
            expect(window.acknowledge(one.ack)).toBe(
              count === 0 ? undefined : open.slice(0, count).reduce((sum, { chars }) => sum + chars, 0),
            );
            open = open.slice(count);
          }
          expect([window.messages, window.chars]).toEqual([open.length, open.reduce((sum, { chars }) => sum + chars, 0)]);
        }
      }),
    );
  });
});

describe("presence", () => {
  it("tells changes that add up to who is here", () => {
    const step = fc.record({ agent: fc.constantFrom("x", "y", "z"), does: fc.constantFrom("join", "leave", "tell") });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const presence = new Presence();
        const sockets = new Map<string, number>();
        const told = new Set<string>();
        const hear = (): void => {
          const { joined, left } = presence.takeChange() ?? { joined: [], left: [] };
          for (const agent of joined) expect(told.has(agent)).toBe(false);
          for (const agent of left) expect(told.delete(agent)).toBe(true);
          for (const agent of joined) told.add(agent);
          expect([...told].toSorted()).toEqual(presence.agents());
        };
        for (const { agent, does } of steps) {
          const open = sockets.get(agent) ?? 0;
          if (does === "join") {
            presence.join(agent);
            sockets.set(agent, open + 1);
          } else if (does === "leave" && open > 0) {
            presence.leave(agent);
            sockets.set(agent, open - 1);
          } else hear();
        }
        hear();
        expect(presence.agents()).toEqual([...sockets].flatMap(([agent, open]) => (open > 0 ? [agent] : [])).toSorted());
      }),
    );
  });
});

describe("a message's body", () => {
  it("is counted in the bytes that it has as UTF-8", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  it("comes out of a frame as it went in", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const read = readMessageBody(JSON.parse(json));
        if (!read.ok) return;
        const kept = {
          seq: 1,
          topic: "a",
          from: "agt_x",
          at: 0,
          body: read.text,
          sideEffect: false,
          salt: "2",
          previous: "0",
          digest: "1",
        };
        expect(JSON.parse(messageJson(kept)).body).toEqual(JSON.parse(json));
      }),
    );
  });
});
