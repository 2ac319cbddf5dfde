import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { HistoryPage, RoomHistory } from "../../../src/access/room-history.ts";
import { chainStart, type ChainPlace, type SealedMessage } from "../../../src/crypto/room-chain.ts";
import { messageLine } from "../../../src/crypto/statement/transcript.ts";
import { streamOf } from "../../../src/features/transcripts/export-transcript.ts";
import { transcriptLines } from "../../../src/features/transcripts/transcript-lines.ts";
import { converse } from "../../verifier/transcripts.ts";

const placeOf = (message: SealedMessage | undefined): ChainPlace =>
  message === undefined ? chainStart : { seq: message.seq, digest: message.digest };

/** A room's messages, as its object pages and drops them. `atMost`: how many a page holds, whatever was asked for. */
function roomOf(kept: readonly SealedMessage[], atMost: number) {
  let messages = [...kept];
  let floor = chainStart;
  const page = (after: number, limit: number): HistoryPage => ({
    head: messages.length === 0 ? floor : placeOf(messages.at(-1)),
    floor,
    messages: messages
      .filter(({ seq }) => seq > after)
      .slice(0, Math.min(limit, atMost))
      .map((message) => ({ ...message, body: JSON.stringify(message.body) })),
  });
  return {
    page,
    history: { pages: async (after, limit) => page(after, limit) } satisfies RoomHistory,
    publish: (body: string) => void messages.push(...converse([body], placeOf(messages.at(-1)))),
    drop: (count: number) => {
      floor = count === 0 ? floor : placeOf(messages[count - 1]);
      messages = messages.slice(count);
    },
  };
}

async function collect(lines: AsyncGenerator<string>, between: () => void = () => undefined): Promise<string> {
  let text = "";
  for await (const line of lines) {
    text += line;
    between();
  }
  return text;
}
const five = converse([1, "two", { three: 3 }, [4], null]);

describe("the lines of a transcript", () => {
  it("are the room's messages in order, whatever the size of its pages and however many it has dropped before", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.jsonValue(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(),
        async (bodies, atMost, before) => {
          const messages = converse(bodies);
          const room = roomOf(messages, atMost);
          const dropped = before % (messages.length + 1);
          room.drop(dropped);
          const first = room.page(0, 500);
          const text = await collect(transcriptLines(room.history, first, first.head));
          expect(text).toBe(messages.slice(dropped).map(messageLine).join(""));
        },
      ),
    );
  });

  it("leave out what is published after the head was taken", async () => {
    for (const atMost of [1, 2, 5, 100]) {
      const room = roomOf(five, atMost);
      const first = room.page(0, 500);
      room.publish("late");
      const text = await collect(transcriptLines(room.history, first, first.head), () => room.publish("later"));
      expect(text, `pages of ${atMost}`).toBe(five.map(messageLine).join(""));
    }
  });

  it("break off where the room has dropped what was promised, and never end short", async () => {
    for (let dropped = 2; dropped <= 6; dropped += 1) {
      const room = roomOf(five, 1);
      const first = room.page(0, 500);
      room.publish("late");
      const lines = transcriptLines(room.history, first, first.head);
      expect((await lines.next()).value).toBe(five.slice(0, 1).map(messageLine).join(""));
      room.drop(dropped);
      await expect(collect(lines), `${dropped} dropped`).rejects.toThrow("message 2 is gone");
    }
  });

  it("break off where a page does not follow from the one before it, or the chain ends elsewhere", async () => {
    const other = converse([1, "other", { three: 3 }, [4], null]);
    const [one, two] = [roomOf(five, 2), roomOf(other, 2)];
    const first = one.page(0, 500);
    await expect(collect(transcriptLines(two.history, first, first.head))).rejects.toThrow("message 3 is gone");
    const end = { seq: 5, digest: other[4]?.digest ?? "" };
    await expect(collect(transcriptLines(one.history, first, end))).rejects.toThrow("the chain does not lead");
    await expect(collect(transcriptLines(one.history, first, { ...end, seq: 9 }))).rejects.toThrow("message 6 is gone");
  });
});

describe("the stream of a transcript", () => {
  it("fails visibly where its lines break off, after what was read before", async () => {
    const room = roomOf(five, 2);
    const first = room.page(0, 500);
    const tell = vi.fn<(fault: unknown) => void>();
    const reader = streamOf("header\n", transcriptLines(room.history, first, first.head), tell).getReader();
    const read = async () => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe("header\n");
    expect(await read()).toBe(five.slice(0, 2).map(messageLine).join(""));
    room.drop(5);
    const rest = async () => {
      for (let reads = 0; reads < 4; reads += 1) await read();
    };
    await expect(rest()).rejects.toThrow("is gone");
    expect(tell).toHaveBeenCalledOnce();
  });
});
