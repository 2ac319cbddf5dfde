import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { covers } from "../../src/access/room-capability.ts";
import { chainStart, judgeChain } from "../../src/crypto/room-chain.ts";
import { openWorld, roomStub, seqsOf, sleep, type Client, type Frame, type World } from "./room-world.ts";

/** What a reader that keeps the highest number it has seen, and comes back behind it, has been told of each number of its topics. */
type Reader = { readonly patterns: readonly string[]; client: Client | undefined; readonly log: Frame[]; after: number | undefined };

const topicsUsed = ["a", "a.b", "b"] as const;
type Step =
  | { readonly do: "publish"; readonly topic: number; readonly count: number }
  | { readonly do: "leave" | "return"; readonly reader: number }
  | { readonly do: "sleep" };

const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("publish" as const), topic: fc.nat(2), count: fc.integer({ min: 1, max: 12 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom("leave" as const, "return" as const), reader: fc.nat(1) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("sleep" as const) }) },
  ),
  { minLength: 4, maxLength: 18 },
);

let worlds: readonly World[];
beforeAll(async () => {
  worlds = [await openWorld({ retention: { messages: 10, days: 1 } }), await openWorld({ retention: { messages: 1000, days: 1 } })];
});

const leave = async (reader: Reader): Promise<void> => {
  const { client } = reader;
  if (client === undefined) return;
  reader.client = undefined;
  client.close();
  await client.closed;
  reader.log.push(...client.frames.filter(({ type }) => type === "message" || type === "gone"));
  reader.after = Math.max(reader.after ?? 0, ...seqsOf(reader.log), ...reader.log.flatMap(({ type, to }) => (type === "gone" ? [to] : [])));
};

const enter = async (world: World, reader: Reader, agent: number): Promise<void> => {
  if (reader.client !== undefined) return;
  reader.client = await world.connect(agent);
  const answer = await reader.client.ask({ type: "subscribe", topics: reader.patterns, after: reader.after });
  if (answer.type !== "subscribed") throw new Error(JSON.stringify(answer));
};

/** Waits until the reader has been told of the newest message of its topics. */
async function caughtUp(world: World, reader: Reader, published: readonly Frame[]): Promise<void> {
  const { floor } = await roomStub(world).status();
  const last = published.findLast(({ topic }) => reader.patterns.some((pattern) => covers(pattern, topic)));
  if (last === undefined || last.seq <= (reader.after ?? 0)) return;
  if (last.seq <= floor.seq) await reader.client?.ask({ type: "unsubscribe", topics: ["never"] });
  else await reader.client?.first("message", ({ seq }) => seq === last.seq);
}

async function play(world: World, played: readonly Step[]): Promise<void> {
  const speaker = await world.connect(2);
  const start = (await roomStub(world).status()).head.seq;
  const readers: Reader[] = [
    { patterns: ["**"], client: undefined, log: [], after: start },
    { patterns: ["a.*", "a", "a.**"], client: undefined, log: [], after: start },
  ];
  const published: Frame[] = [];
  for (const step of played) {
    const [reader, agent] = "reader" in step ? [readers[step.reader], step.reader] : [undefined, 0];
    if (step.do === "publish") {
      const topic = topicsUsed[step.topic];
      const answers = await Promise.all(
        Array.from({ length: step.count }, (_, at) => speaker.ask({ type: "publish", topic, body: { at, some: "text" } })),
      );
      published.push(...answers.map(({ seq, digest }) => ({ seq, digest, topic })));
    } else if (step.do === "sleep") await sleep(world);
    else if (reader !== undefined) await (step.do === "leave" ? leave(reader) : enter(world, reader, agent));
  }
  for (const [agent, reader] of readers.entries()) {
    await enter(world, reader, agent);
    await caughtUp(world, reader, published);
    await leave(reader);
  }
  speaker.close();
  for (const { patterns, log } of readers) {
    const heard = seqsOf(log);
    expect(heard).toEqual([...new Set(heard)].toSorted((a, b) => a - b));
    const gone = (seq: number): boolean => log.some((frame) => frame.type === "gone" && frame.from <= seq && seq <= frame.to);
    for (const { seq, topic, digest } of published.filter(({ topic: of }) => patterns.some((pattern) => covers(pattern, of)))) {
      const got = log.find((frame) => frame.type === "message" && frame.seq === seq);
      if (got === undefined) expect(gone(seq), `${seq} of ${topic}`).toBe(true);
      else expect(got.digest).toBe(digest);
    }
  }
}

describe("replay", () => {
  it("gives a reader who comes back every number from where it was, once and in order, or says which are gone", async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat(1), async (played, at) => {
        const world = worlds[at];
        if (world !== undefined) await play(world, played);
      }),
      { numRuns: 15 },
    );
  }, 240_000);

  it("puts what is published meanwhile behind it", async () => {
    const world = await openWorld({ retention: { messages: 5000, days: 1 } });
    const speaker = await world.connect(0);
    for (let at = 0; at < 30; at += 1)
      await Promise.all(Array.from({ length: 50 }, () => speaker.ask({ type: "publish", topic: "a", body: at })));
    const reader = await world.connect(1);
    reader.send({ type: "subscribe", topics: ["**"], after: 0 });
    await Promise.all(Array.from({ length: 100 }, () => speaker.ask({ type: "publish", topic: "a", body: "new" })));
    await reader.first("message", ({ seq }) => seq === 1600);
    expect(seqsOf(reader.frames)).toEqual(Array.from({ length: 1600 }, (_, at) => at + 1));
    const { head } = await roomStub(world).status();
    expect(judgeChain(world.roomId, chainStart, head, await reader.messages(1600))).toEqual([]);
  });

  it("waits for a reader that does not acknowledge, also over a sleep of the room, and goes on where it was", async () => {
    const world = await openWorld({ retention: { messages: 5000, days: 1 } });
    const speaker = await world.connect(0);
    for (let at = 0; at < 24; at += 1)
      await Promise.all(Array.from({ length: 50 }, () => speaker.ask({ type: "publish", topic: "a", body: at })));
    speaker.close();
    const reader = await world.connect(1, { acknowledges: false });
    await reader.ask({ type: "subscribe", topics: ["a"], after: 0 });
    await reader.messages(1000);
    await sleep(world);
    await reader.ask({ type: "presence" });
    expect(seqsOf(reader.frames)).toHaveLength(1000);
    reader.send({ type: "ack", seq: 900 });
    await reader.messages(1200);
    expect(seqsOf(reader.frames)).toEqual(Array.from({ length: 1200 }, (_, at) => at + 1));
    const late = await world.connect(0);
    await late.ask({ type: "publish", topic: "a", body: "live" });
    expect((await reader.messages(1201)).at(-1)).toMatchObject({ seq: 1201, body: "live" });
  });

  it("without `history` begins where the agent was first allowed to hear what it asks for, whatever its token of then", async () => {
    const world = await openWorld();
    const speaker = await world.connect(0);
    const reader = await world.connect(1, { caps: ["topic:subscribe:a"] });
    for (const topic of ["a", "b", "c.d"]) await speaker.ask({ type: "publish", topic, body: 1 });
    const wider = await world.mint(1, { caps: ["topic:subscribe"] });
    const again = await world.connect(1, { caps: ["topic:subscribe:b"] });
    expect(await reader.ask({ type: "refresh", token: wider })).toMatchObject({ type: "refreshed" });
    for (const client of [reader, again])
      expect(await client.ask({ type: "subscribe", topics: ["b"], after: 0 })).toMatchObject({ code: "forbidden" });
    for (const topics of [["**"], ["a", "b"], ["c.*"]])
      expect(await reader.ask({ type: "subscribe", topics, after: 2 })).toMatchObject({ code: "forbidden" });
    await speaker.ask({ type: "publish", topic: "b", body: 2 });
    await sleep(world);
    expect(await reader.ask({ type: "subscribe", topics: ["b"], after: 0 })).toMatchObject({ code: "forbidden" });
    expect(await reader.ask({ type: "subscribe", topics: ["b"], after: 3 })).toMatchObject({ type: "subscribed" });
    expect(await reader.ask({ type: "subscribe", topics: ["a"], after: 0 })).toMatchObject({ type: "subscribed" });
    expect(seqsOf(await reader.messages(2)).toSorted()).toEqual([1, 4]);
  });

  it("refuses a number that the room has not come to", async () => {
    const world = await openWorld();
    const reader = await world.connect(0);
    expect(await reader.ask({ type: "subscribe", topics: ["a"], after: 1 })).toMatchObject({ type: "error", code: "ahead" });
  });

  it("can be verified from the oldest message that is kept", async () => {
    const world = await openWorld({ retention: { messages: 20, days: 1 } });
    const speaker = await world.connect(0);
    for (let at = 0; at < 60; at += 1) await speaker.ask({ type: "publish", topic: "a", body: at });
    const { head, floor } = await roomStub(world).status();
    expect(floor.seq).toBeGreaterThan(30);
    const page = await roomStub(world).pages(0, 1000);
    expect(page.messages).toHaveLength(head.seq - floor.seq);
    expect(
      judgeChain(
        world.roomId,
        floor,
        head,
        page.messages.map((message) => ({ ...message, body: JSON.parse(message.body) })),
      ),
    ).toEqual([]);
  });
});
