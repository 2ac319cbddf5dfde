import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { judgeChain, chainStart, messageDigest } from "../../src/crypto/room-chain.ts";
import { ask, openWorld, roomStub, seqsOf, upgrade } from "./room-world.ts";

describe("a room", () => {
  it("greets a member, and carries a message from one to another with its number and digest", async () => {
    const world = await openWorld();
    const [one, two] = [await world.connect(0), await world.connect(1)];
    const welcome = await two.first("welcome");
    expect(welcome).toMatchObject({ room: world.roomId, agent: world.agents[1], head: 0, limits: { ackEvery: 32, messageBytes: 65_536 } });
    expect(await two.ask({ type: "subscribe", topics: ["orders.*"] })).toMatchObject({ type: "subscribed", topics: ["orders.*"], head: 0 });
    const published = await one.ask({ type: "publish", topic: "orders.paid", body: { id: 7 } });
    expect(published).toMatchObject({ type: "published", seq: 1, duplicate: false });
    const [message] = await two.messages(1);
    expect(message).toMatchObject({
      seq: 1,
      topic: "orders.paid",
      from: world.agents[0],
      body: { id: 7 },
      sideEffect: false,
      digest: published.digest,
    });
    expect(judgeChain(world.roomId, chainStart, { seq: 1, digest: published.digest }, [message])).toEqual([]);
    expect(await roomStub(world).status()).toMatchObject({ head: { seq: 1, digest: published.digest }, sockets: 2 });
    expect(seqsOf(one.frames)).toEqual([]);
  });

  it("salts each message, so that who hears the next one cannot find by guessing what it follows", async () => {
    const world = await openWorld();
    const [one, two] = [await world.connect(0), await world.connect(1)];
    await two.ask({ type: "subscribe", topics: ["**"] });
    for (let times = 0; times < 3; times += 1) await one.ask({ type: "publish", topic: "votes", body: "yes" });
    const messages = await two.messages(3);
    const salts = messages.map(({ salt }: { salt: string }) => salt);
    expect(salts.join(" ")).toMatch(/^[0-9a-f]{32} [0-9a-f]{32} [0-9a-f]{32}$/);
    expect(new Set(salts).size).toBe(3);
    const [{ salt: _, ...guessed }] = messages;
    expect(messageDigest(world.roomId, { ...guessed, salt: "0".repeat(32) })).not.toBe(messages[1].previous);
    expect(messageDigest(world.roomId, messages[0])).toBe(messages[1].previous);
  });

  it("answers an upgrade with our headers and the protocol, and ping without waking", async () => {
    const world = await openWorld();
    const response = await ask(world.roomId, upgrade(await world.mint(0), world.org.address));
    expect(response.status).toBe(101);
    expect(response.headers.get("sec-websocket-protocol")).toBe("armalo.room.v1");
    expect(response.headers.get("strict-transport-security")).toContain("max-age");
    expect(response.headers.get("x-request-id")).toMatch(/^req_/);
    response.webSocket?.accept();
    response.webSocket?.close();
    const client = await world.connect(1);
    client.send("ping");
    await client.first("pong");
  });

  it("gives its history in pages, of the topics that are asked for", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    for (let at = 0; at < 9; at += 1) await client.ask({ type: "publish", topic: at % 2 === 0 ? "even" : "odd", body: at });
    const token = await world.mint(1);
    const seqs: number[] = [];
    for (let after: number | null = 0, pages = 0; after !== null && pages < 10; pages += 1) {
      const { body } = await world.call(token, "GET", `/messages?limit=2&topic=even&after=${after}`);
      expect(body.messages.length).toBeLessThanOrEqual(2);
      seqs.push(...body.messages.map(({ seq }: { seq: number }) => seq));
      after = body.next;
    }
    expect(seqs).toEqual([1, 3, 5, 7, 9]);
    expect((await world.call(token, "GET", "/messages?limit=1001")).status).toBe(400);
  });

  it("drops what is too old by the alarm, and says where what is kept begins", async () => {
    const world = await openWorld({ retention: { messages: 100, days: 1 } });
    const client = await world.connect(0);
    for (let at = 0; at < 4; at += 1) await client.ask({ type: "publish", topic: "a", body: at });
    await runInDurableObject(roomStub(world), async (_, { storage }) => {
      storage.sql.exec("update messages set at = at - 86400000 where seq <= 3");
      await storage.setAlarm(Date.now());
    });
    await runDurableObjectAlarm(roomStub(world));
    const { body } = await world.call(await world.mint(1), "GET", "/messages");
    expect([body.oldest, body.messages.length]).toEqual([4, 1]);
    expect(await client.ask({ type: "subscribe", topics: ["a"], after: 1 })).toMatchObject({ type: "subscribed" });
    expect(await client.first("gone")).toMatchObject({ from: 2, to: 3 });
    await client.messages(1);
    const wakesAt = await runInDurableObject(roomStub(world), (_, { storage }) => storage.getAlarm());
    expect(wakesAt).not.toBeNull();
  });

  it("does the same over HTTP: publish, history, presence", async () => {
    const world = await openWorld();
    const listener = await world.connect(1);
    await listener.ask({ type: "subscribe", topics: ["**"] });
    const token = await world.mint(0);
    const published = await world.call(token, "POST", "/messages", { topic: "news", body: "hello" });
    expect([published.status, published.body.seq]).toEqual([201, 1]);
    const [message] = await listener.messages(1);
    const history = await world.call(token, "GET", "/messages?topic=news");
    const { type: _, ...same } = message;
    expect(history.body).toMatchObject({ messages: [same], head: { seq: 1, digest: published.body.digest }, oldest: 1, next: null });
    expect((await world.call(token, "GET", "/presence")).body).toEqual({ agents: [world.agents[1]] });
  });
});
