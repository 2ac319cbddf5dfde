import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type JsonValue } from "../../src/crypto/canonical-json.ts";
import { sha256Digest } from "../../src/crypto/digest.ts";
import { chainStart, judgeChain, messageDigest, type ChainPlace, type SealedMessage } from "../../src/crypto/room-chain.ts";
import { converse } from "../verifier/transcripts.ts";

const room = "room_00000000000000000000010000000000A";

const publish = (bodies: readonly JsonValue[], before: ChainPlace = chainStart): SealedMessage[] => converse(bodies, before, room);
const endOf = (messages: readonly SealedMessage[]): ChainPlace => messages.at(-1) ?? chainStart;
const judge = (messages: readonly SealedMessage[], shown: readonly SealedMessage[]) => judgeChain(room, chainStart, endOf(messages), shown);
const five = publish([1, "two", { three: 3 }, [4], null]);
const only = (seqs: readonly number[]) => five.filter(({ seq }) => seqs.includes(seq));
const bodies = fc.array(fc.jsonValue(), { minLength: 1, maxLength: 12 });

describe("the digest of a room's message", () => {
  it("is the SHA-256 of the canonical form of the message and its room", async () => {
    const [first] = five;
    if (first === undefined) throw new Error("no message");
    const { digest, ...rest } = first;
    expect(`sha256:${digest}`).toBe(await sha256Digest(canonicalJson({ room, ...rest })));
  });

  it("takes in nothing besides: what a sender adds to a frame has no place in it", () => {
    const [first] = five;
    if (first === undefined) throw new Error("no message");
    expect(messageDigest(room, { ...first, ...{ ref: "r1", messageId: "m1" } })).toBe(first.digest);
  });

  it("refuses what has no canonical form", () => {
    const [first] = five;
    if (first === undefined) throw new Error("no message");
    expect(() => messageDigest(room, { ...first, body: "\uD800" })).toThrow();
  });
});

describe("a room's chain", () => {
  it("holds for every part of every conversation, and for none at all", () => {
    fc.assert(
      fc.property(bodies, fc.nat(), fc.nat(), (all, from, count) => {
        const messages = publish(all);
        const begin = from % messages.length;
        const part = messages.slice(begin, begin + 1 + (count % messages.length));
        const after = begin === 0 ? chainStart : endOf(messages.slice(0, begin));
        expect(judgeChain(room, after, endOf(part), part)).toEqual([]);
      }),
    );
    expect(judgeChain(room, chainStart, chainStart, [])).toEqual([]);
    expect(judgeChain(room, endOf(five), endOf(five), [])).toEqual([]);
  });

  const altered: readonly [string, Partial<SealedMessage>][] = [
    ["topic", { topic: "work.offer" }],
    ["sender", { from: "agt_2" }],
    ["time", { at: "2023-11-14T22:13:20.999Z" }],
    ["body", { body: { three: 4 } }],
    ["side effect", { sideEffect: false }],
    ["link", { previous: "1".repeat(64) }],
    ["digest", { digest: "1".repeat(64) }],
  ];
  it.each(altered)("names the message whose %s was changed", (_, change) => {
    const shown = five.map((message) => (message.seq === 3 ? { ...message, ...change } : message));
    expect(judge(five, shown)).toEqual([{ kind: "changed", seq: 3 }]);
  });

  it.each([1, 2, 3, 4, 5])("names message %i where it was changed and given a new digest", (seq) => {
    const shown = five.map((message) => {
      if (message.seq !== seq) return message;
      const forged = { ...message, body: "forged" };
      return { ...forged, digest: messageDigest(room, forged) };
    });
    expect(judge(five, shown)).toEqual([{ kind: "changed", seq }]);
  });

  it("catches one who computes the whole chain anew, by its end", () => {
    const forged = publish([1, "two", "forged", [4], null]);
    expect(judge(five, forged)).toContainEqual({ kind: "changed", seq: 5 });
  });

  it("catches a beginning that does not follow what it claims to follow", () => {
    const other = publish([1, "other"]);
    expect(judgeChain(room, endOf(other), endOf(five), only([3, 4, 5]))).toEqual([{ kind: "changed", seq: 3 }]);
    expect(judgeChain(room, endOf(other), { ...endOf(five), seq: 2 }, [])).toEqual([{ kind: "changed", seq: 2 }]);
  });

  it("is another one in another room", () => {
    expect(judgeChain(`${room}x`, chainStart, endOf(five), five)).toContainEqual({ kind: "changed", seq: 1 });
  });

  it("tells what is missing, cut off, moved, doubled and added apart", () => {
    expect(judge(five, only([1, 3, 4, 5]))).toEqual([{ kind: "missing", seq: 2 }]);
    expect(judge(five, only([3, 4, 5]))).toEqual([
      { kind: "missing", seq: 1 },
      { kind: "missing", seq: 2 },
    ]);
    expect(judge(five, only([1, 2, 3]))).toEqual([{ kind: "truncated", seq: 4 }]);
    expect(judge(five, [])).toEqual([{ kind: "truncated", seq: 1 }]);
    expect(judge(five, [...only([1, 3]), ...only([2, 4, 5])])).toEqual([{ kind: "reordered", seq: 2 }]);
    expect(judge(five, [...five, ...only([4])])).toEqual([{ kind: "repeated", seq: 4 }]);
    const six = publish(["more"], endOf(five));
    expect(judge(five, [...five, ...six])).toEqual([{ kind: "unlogged", seq: 6 }]);
    expect(judgeChain(room, endOf(only([1])), endOf(five), five)).toEqual([{ kind: "unlogged", seq: 1 }]);
  });

  it("finds something wherever a conversation was altered in any way", () => {
    const damage = fc.record({ at: fc.nat(), kind: fc.constantFrom("drop", "repeat", "swap", "alter", "reseal") });
    fc.assert(
      fc.property(bodies, damage, (all, { at, kind }) => {
        const messages = publish([...all, "end"]);
        const place = at % (messages.length - 1);
        const [one, next] = [messages[place], messages[place + 1]];
        if (one === undefined || next === undefined) throw new Error("no such message");
        const forged = { ...one, body: { forged: one.body } };
        const instead = {
          drop: [next],
          repeat: [one, one, next],
          swap: [next, one],
          alter: [forged, next],
          reseal: [{ ...forged, digest: messageDigest(room, forged) }, next],
        }[kind];
        expect(judge(messages, [...messages.slice(0, place), ...instead, ...messages.slice(place + 2)])).not.toEqual([]);
      }),
    );
  });

  it("does not count to whatever end a forger claims", () => {
    const far = { seq: Number.MAX_SAFE_INTEGER, digest: "1".repeat(64) };
    const shown = [...five, ...only([5]).map((message) => ({ ...message, seq: far.seq - 1 }))];
    expect(judgeChain(room, chainStart, far, shown).length).toBeLessThanOrEqual(10_000);
  });
});
