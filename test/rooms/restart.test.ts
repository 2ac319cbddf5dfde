import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { failDatabase } from "../support/harness.ts";
import { openWorld, pause, roomStub, seqsOf, sleep, type Client, type Frame, type World } from "./room-world.ts";

/** Ends the object where it stands, as a crash does: what is not stored is lost, and so are its sockets. */
async function crash(world: World): Promise<void> {
  await runInDurableObject(roomStub(world), (_, state) => state.abort("crash")).catch(() => undefined);
}

const publishAgain = async (client: Client | undefined, at: number): Promise<Frame> =>
  client?.ask({ type: "publish", topic: "a", body: at, messageId: `m${at}` });

const storedBodies = async (world: World): Promise<unknown[]> =>
  (await roomStub(world).pages(0, 1000)).messages.map(({ body }) => JSON.parse(body));

describe("a room that sleeps", () => {
  it("keeps its members, what they hear, who is here and what it was told, and wakes for the next message", async () => {
    const world = await openWorld();
    const [one, two] = [await world.connect(0), await world.connect(1, { caps: ["topic:subscribe:a.**"] })];
    await one.ask({ type: "presence" });
    await two.ask({ type: "subscribe", topics: ["a.*", "a.b.*"] });
    await one.ask({ type: "publish", topic: "a.b", body: 1 });
    await sleep(world);
    expect(await roomStub(world).status()).toMatchObject({ head: { seq: 1 }, sockets: 2, agents: world.agents.slice(0, 2).toSorted() });
    await sleep(world);
    await one.ask({ type: "publish", topic: "a.b", body: 2 });
    await one.ask({ type: "publish", topic: "b", body: 3 });
    await one.ask({ type: "publish", topic: "a.b.c", body: 4 });
    expect(seqsOf(await two.messages(3))).toEqual([1, 2, 4]);
    expect(await two.ask({ type: "subscribe", topics: ["b"] })).toMatchObject({ code: "forbidden" });
    two.close();
    await one.first("presence", ({ left }) => left?.includes(world.agents[1]));
  });

  it("goes on with the database away: its members publish, and newcomers are told to come back", async () => {
    const world = await openWorld({ topics: [{ name: "a", schema: { type: "integer" } }] });
    const [one, two] = [await world.connect(0), await world.connect(1)];
    const token = await world.mint(2);
    await two.ask({ type: "subscribe", topics: ["a"] });
    await failDatabase(world.org.orgId, "down");
    await sleep(world);
    expect(await one.ask({ type: "publish", topic: "a", body: 1 })).toMatchObject({ type: "published", seq: 1 });
    expect(await one.ask({ type: "publish", topic: "a", body: "1" })).toMatchObject({ code: "schema_violation" });
    expect((await world.call(token, "GET", "/presence")).status).toBe(503);
    await roomStub(world).reload();
    expect(await one.ask({ type: "publish", topic: "a", body: 2 })).toMatchObject({ code: "unavailable" });
    await failDatabase(world.org.orgId, "none");
    expect((await world.call(token, "GET", "/presence")).status).toBe(200);
    expect(await one.ask({ type: "publish", topic: "a", body: 2 })).toMatchObject({ type: "published", seq: 2 });
    expect(seqsOf(await two.messages(2))).toEqual([1, 2]);
  });
});

describe("a room that is restarted in the middle of publishing", () => {
  it("has stored each message or not, and never twice, when publishers send again under the same messageId", async () => {
    const world = await openWorld({ retention: { messages: 5000, days: 1 } });
    const answered = new Set<number>();
    for (let round = 0; round < 8; round += 1) {
      const clients: Client[] = [await world.connect(0), await world.connect(1)];
      const all = Array.from({ length: 20 }, (_, at) => round * 20 + at);
      for (const at of all) clients[at % 2]?.send({ type: "publish", topic: "a", body: at, messageId: `m${at}`, ref: String(at) });
      await pause(round);
      await crash(world);
      for (const { frames } of clients) for (const { type, ref } of frames) if (type === "published") answered.add(Number(ref));
      const again = [await world.connect(0), await world.connect(1)];
      const answers = await Promise.all(all.map((at) => publishAgain(again[at % 2], at)));
      for (const [index, at] of all.entries()) if (answered.has(at)) expect(answers[index].duplicate, `${at}`).toBe(true);
      for (const client of again) client.close();
    }
    const bodies = await storedBodies(world);
    expect(bodies.toSorted()).toEqual(Array.from({ length: 160 }, (_, at) => at).toSorted());
    const { head } = await roomStub(world).status();
    expect(head.seq).toBe(160);
  });

  it("answers a repeated messageId as before, also after the message was dropped, and refuses it for another message", async () => {
    const world = await openWorld({ retention: { messages: 1, days: 1 } });
    const [one, two] = [await world.connect(0), await world.connect(1)];
    const said = { type: "publish", topic: "a", body: { b: 1, a: 2 }, messageId: "once" };
    const first = await one.ask(said);
    for (let at = 0; at < 5; at += 1) await two.ask({ type: "publish", topic: "a", body: at });
    expect((await roomStub(world).status()).floor.seq).toBeGreaterThan(0);
    expect(await one.ask({ ...said, body: { a: 2, b: 1 } })).toMatchObject({ seq: first.seq, digest: first.digest, duplicate: true });
    expect(await one.ask({ ...said, body: 2 })).toMatchObject({ code: "message_id_reused" });
    expect(await one.ask({ ...said, sideEffect: true })).toMatchObject({ code: "message_id_reused" });
    expect(await two.ask(said)).toMatchObject({ duplicate: false });
    const token = await world.mint(0);
    const { type: _, ...body } = said;
    expect((await world.call(token, "POST", "/messages", body)).body).toMatchObject({ seq: first.seq, duplicate: true });
    const reused = await world.call(token, "POST", "/messages", { ...body, body: 2 });
    expect([reused.status, reused.body.code]).toEqual([409, "message_id_reused"]);
  });

  it("does not let its clock run backwards", async () => {
    const world = await openWorld();
    const one = await world.connect(0);
    await one.ask({ type: "publish", topic: "a", body: 1 });
    const ahead = Date.now() + 3_600_000;
    await runInDurableObject(roomStub(world), (_, { storage }) => storage.sql.exec("update messages set at = ?", ahead));
    await sleep(world);
    await one.ask({ type: "publish", topic: "a", body: 2 });
    const { messages } = await roomStub(world).pages(0, 10);
    expect(messages.map(({ at }) => Date.parse(at))).toEqual([ahead, ahead]);
  });
});
