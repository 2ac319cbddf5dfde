import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "../support/organization.ts";
import { ask, openWorld, pause, roomStub, seqsOf, sleep, upgrade, type Client } from "./room-world.ts";

describe("limits", () => {
  // The minute does not end, however slow the machine is.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("take of 10,000 messages that a member sends over sockets, one after the other and side by side, and HTTP, its allowance and not one more", async () => {
    const world = await openWorld({ plan: "pro" });
    const [listener, token] = [await world.connect(1), await world.mint(0)];
    await listener.ask({ type: "subscribe", topics: ["a"] });
    let tried = 0;
    const overHttp: Answer[] = [];
    const all: Client[] = [];
    let open: Client[] = [];
    while (tried < 10_000) {
      while (open.length < 3) open.push(await world.connect(0));
      all.push(...open.filter((client) => !all.includes(client)));
      const before = open.map(({ frames }) => frames.length);
      for (let at = 0; at < 200; at += 1)
        for (const client of open) {
          // One that has just been closed is replaced in the next round.
          if (client.isOpen()) client.send({ type: "publish", topic: "a", body: (tried += 1) });
        }
      for (let at = 0; at < 25; at += 1, tried += 1)
        overHttp.push(await world.call(token, "POST", "/messages", { topic: "a", body: tried }));
      const isOver = (client: Client, at: number): boolean => !client.isOpen() || client.frames.length - (before[at] ?? 0) >= 200;
      for (let waited = 0; !open.every(isOver); waited += 1) {
        expect(waited, "a round without an end").toBeLessThan(2_000);
        await pause(5);
      }
      open = open.filter((client) => client.isOpen());
    }
    const answers = all.flatMap(({ frames }) => frames.filter(({ type }) => type !== "welcome"));
    const taken = answers.filter(({ type }) => type === "published").length;
    const takenOverHttp = overHttp.filter(({ status }) => status === 201).length;
    expect(Math.min(taken, takenOverHttp)).toBeGreaterThan(0);
    expect(taken + takenOverHttp).toBe(600);
    expect((await roomStub(world).status()).head.seq).toBe(600);
    expect(await listener.messages(600)).toHaveLength(600);
    const refused = answers.filter(({ type }) => type !== "published");
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["rate_limited"]));
    for (const { retryAfterMs } of refused) expect(retryAfterMs).toBeGreaterThan(0);
    expect(new Set(overHttp.map(({ status }) => status))).toEqual(new Set([201, 429]));
    const closed = all.filter((client) => !client.isOpen());
    expect(closed.length).toBeGreaterThan(9);
    expect(new Set(await Promise.all(closed.map((client) => client.closed)))).toEqual(new Set([4029]));
    for (const { frames } of closed) expect(frames.filter(({ code }) => code === "rate_limited").length).toBe(101);
    expect(await listener.ask({ type: "publish", topic: "a", body: 1 })).toMatchObject({ type: "published" });
  });

  it("of a member hold over all its sockets and HTTP, and over a sleep of the room", async () => {
    const world = await openWorld({ plan: "free" });
    const [one, two] = [await world.connect(0), await world.connect(0)];
    for (let at = 0; at < 29; at += 1) await one.ask({ type: "publish", topic: "a", body: at });
    for (let at = 0; at < 30; at += 1) await two.ask({ type: "publish", topic: "a", body: at });
    await sleep(world);
    const token = await world.mint(0);
    expect((await world.call(token, "POST", "/messages", { topic: "a", body: 1 })).status).toBe(201);
    const answer = await world.call(token, "POST", "/messages", { topic: "a", body: 1 });
    expect([answer.status, answer.body.code]).toEqual([429, "rate_limited"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(30);
    expect(await one.ask({ type: "publish", topic: "a", body: 1 })).toMatchObject({ code: "rate_limited" });
  });

  it("of a member hold over a sleep of the room, also for messages that are kept no longer", async () => {
    const world = await openWorld({ plan: "free", retention: { messages: 1, days: 1 } });
    const client = await world.connect(0);
    for (let at = 0; at < 60; at += 1) await client.ask({ type: "publish", topic: "a", body: at });
    expect((await roomStub(world).status()).floor.seq).toBeGreaterThan(50);
    await sleep(world);
    expect(await client.ask({ type: "publish", topic: "a", body: 1 })).toMatchObject({ code: "rate_limited" });
    const later = Date.now() - 61_000;
    await runInDurableObject(roomStub(world), (_, { storage: { sql } }) => {
      for (const table of ["messages", "dropped"]) sql.exec(`update ${table} set at = ?`, later);
    });
    await sleep(world);
    expect(await client.ask({ type: "publish", topic: "a", body: 1 })).toMatchObject({ type: "published" });
    await client.ask({ type: "publish", topic: "a", body: 1 });
    const rows = await runInDurableObject(roomStub(world), (_, { storage: { sql } }) => sql.exec("select seq from dropped").toArray());
    expect(rows.length).toBeLessThan(3);
  });

  it("count searches through much that is kept by how much they look through, on a socket and over HTTP", async () => {
    const world = await openWorld({ plan: "pro", retention: { messages: 10_000, days: 1 } });
    await runInDurableObject(roomStub(world), (_, { storage: { sql } }) =>
      sql.exec(
        `with recursive n(seq) as (select 1 union all select seq + 1 from n where seq < 9000)
         insert into messages (seq, at, agent, topic, side_effect, total, digest, previous, salt, body)
         select seq, ?, 'agt_x', 'a', 0, seq, '', '', '', '1' from n`,
        Date.now() - 120_000,
      ),
    );
    await sleep(world);
    const seeker = await world.connect(0);
    let searches = 0;
    while (searches < 100 && (await seeker.ask({ type: "subscribe", topics: ["b"], after: 0 })).type === "subscribed") searches += 1;
    expect(searches).toBe(45);
    const token = await world.mint(1);
    let pages = 0;
    while (pages < 100 && (await world.call(token, "GET", "/messages?topic=b")).status === 200) pages += 1;
    expect(pages).toBe(77);
  });

  it("of the room hold for all members together", async () => {
    const world = await openWorld({ plan: "free", agents: 11 });
    const clients = await Promise.all(Array.from({ length: 11 }, (_, agent) => world.connect(agent)));
    let accepted = 0;
    for (const client of clients)
      for (let at = 0; at < 60; at += 1)
        if ((await client.ask({ type: "publish", topic: "a", body: at })).type === "published") accepted += 1;
    expect(accepted).toBe(600);
  });

  it("close a reader that takes and does not acknowledge, who gets the rest when it comes back", async () => {
    const world = await openWorld({ retention: { messages: 5000, days: 1 } });
    const [speaker, slow] = [await world.connect(0), await world.connect(1, { acknowledges: false })];
    await slow.ask({ type: "subscribe", topics: ["a"] });
    for (let at = 0; at < 24; at += 1)
      await Promise.all(Array.from({ length: 50 }, () => speaker.ask({ type: "publish", topic: "a", body: at })));
    expect(await slow.closed).toBe(4008);
    expect(seqsOf(slow.frames)).toEqual(Array.from({ length: 1000 }, (_, at) => at + 1));
    const back = await world.connect(1);
    await back.ask({ type: "subscribe", topics: ["a"], after: 1000 });
    expect(seqsOf(await back.messages(200))).toEqual(Array.from({ length: 200 }, (_, at) => at + 1001));
  });

  it("close a reader whose unacknowledged messages are large sooner", async () => {
    const world = await openWorld();
    const [speaker, slow] = [await world.connect(0), await world.connect(1, { acknowledges: false })];
    await slow.ask({ type: "subscribe", topics: ["a"] });
    for (let at = 0; at < 20; at += 1) await speaker.ask({ type: "publish", topic: "a", body: "x".repeat(60_000) });
    expect(await slow.closed).toBe(4008);
    expect(seqsOf(slow.frames)).toHaveLength(17);
  });

  it("close what sends garbage, and what sends too much at once", async () => {
    const world = await openWorld();
    const babbler = await world.connect(0);
    for (const garbage of ["{", "[]", "null", '{"type":"publish"}', '{"type":"shout"}', '{"type":"ack","seq":-1}', "x", "1", '"a"', "{}"])
      babbler.send(garbage);
    await babbler.first("error", ({ code }) => code === "invalid_frame");
    expect(await babbler.ask({ type: "subscribe", topics: ["a"] })).toMatchObject({ type: "subscribed" });
    babbler.send("one too many");
    expect(await babbler.closed).toBe(4400);
    const bulky = await world.connect(1);
    bulky.send({ type: "publish", topic: "a", body: "x".repeat(80_000) });
    expect(await bulky.closed).toBe(1009);
  });

  it("refuse a body of more than 64 KiB or more than 32 levels, or that has no digest, on a socket and over HTTP", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    const token = await world.mint(1);
    const deep = JSON.parse("[".repeat(34) + "]".repeat(34));
    const faults: [string, unknown][] = [
      ["too_large", "x".repeat(64 * 1024)],
      ["too_large", "é".repeat(33_000)],
      ["invalid_body", deep],
      ["invalid_body", "half \ud800"],
      ["invalid_body", { "nul \0": 1 }],
    ];
    for (const [code, body] of faults) expect(await client.ask({ type: "publish", topic: "a", body }), code).toMatchObject({ code });
    client.send('{"type":"publish","topic":"a","body":1e400,"ref":"big"}');
    expect(await client.first("error", ({ ref }) => ref === "big")).toMatchObject({ code: "invalid_body" });
    expect((await world.call(token, "POST", "/messages", { topic: "a", body: "x".repeat(65_535) })).status).toBe(400);
    expect((await world.call(token, "POST", "/messages", '{"topic":"a","body":1e400}')).status).toBe(400);
    expect((await roomStub(world).status()).head.seq).toBe(0);
    expect(await client.ask({ type: "publish", topic: "a", body: "x".repeat(65_534) })).toMatchObject({ type: "published" });
  });

  it("bound the sockets of a room and of an agent: the agent's oldest makes room", async () => {
    const world = await openWorld({ plan: "free", agents: 14 });
    const first = await world.connect(0);
    for (let at = 0; at < 4; at += 1) await world.connect(0);
    expect(await first.closed).toBe(4009);
    expect(await roomStub(world).status()).toMatchObject({ sockets: 4, agents: [world.agents[0]] });
    let opened = 4;
    await expect(
      (async () => {
        for (let agent = 1; agent < 14; agent += 1)
          for (let at = 0; at < 4; at += 1) opened += Number((await world.connect(agent)) !== undefined);
      })(),
    ).rejects.toThrow("409");
    expect(opened).toBe(50);
  });

  it("count no socket that was closed and whose client does not close it too, also after a sleep", async () => {
    const world = await openWorld();
    for (let at = 0; at < 5; at += 1) {
      const { webSocket } = await ask(world.roomId, upgrade(await world.mint(0), world.org.address));
      webSocket?.accept({ allowHalfOpen: true });
    }
    expect((await roomStub(world).status()).sockets).toBe(4);
    await sleep(world);
    expect((await roomStub(world).status()).sockets).toBe(4);
  });

  it("keep an agent from connecting without end", async () => {
    const world = await openWorld();
    await expect(
      (async () => {
        for (let at = 0; at < 70; at += 1) (await world.connect(0)).close();
      })(),
    ).rejects.toThrow("429");
  });

  it("bound what is subscribed to", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    for (let at = 0; at < 16; at += 1) await client.ask({ type: "subscribe", topics: [`t${at}`] });
    expect(await client.ask({ type: "subscribe", topics: ["t16"] })).toMatchObject({ code: "too_many_subscriptions" });
    await client.ask({ type: "unsubscribe", topics: ["t0"] });
    expect(await client.ask({ type: "subscribe", topics: ["t16"] })).toMatchObject({ type: "subscribed" });
  });
});

describe("a topic", () => {
  const schema = { type: "object", required: ["id"], properties: { id: { type: "integer" } }, additionalProperties: false };

  it("with a schema takes what the schema allows, and another topic than the room's is none", async () => {
    const world = await openWorld({ topics: [{ name: "orders", schema }, { name: "free" }] });
    const client = await world.connect(0);
    expect(await client.ask({ type: "publish", topic: "orders", body: { id: 1 } })).toMatchObject({ type: "published" });
    expect(await client.ask({ type: "publish", topic: "orders", body: { id: "1" } })).toMatchObject({ code: "schema_violation" });
    expect(await client.ask({ type: "publish", topic: "free", body: "anything" })).toMatchObject({ type: "published" });
    expect(await client.ask({ type: "publish", topic: "other", body: 1 })).toMatchObject({ code: "forbidden" });
    const token = await world.mint(1);
    expect((await world.call(token, "POST", "/messages", { topic: "orders", body: {} })).body.errors[0].path).toBe("body.body");
    const elsewhere = await world.call(token, "POST", "/messages", { topic: "other", body: 1 });
    expect(elsewhere.body).toMatchObject({ code: "forbidden", errors: [{ path: "body.topic", message: "The room has no such topic." }] });
    await world.org.call("PATCH", `/v1/rooms/${world.roomId}`, { topics: [] });
    expect(await client.ask({ type: "publish", topic: "other", body: 1 })).toMatchObject({ type: "published" });
  });
});

describe("presence", () => {
  it("is told in batches: a storm of 300 costs each member a few frames", async () => {
    const world = await openWorld({ agents: 301 });
    const watcher = await world.connect(300);
    expect(await watcher.ask({ type: "presence" })).toMatchObject({ agents: [world.agents[300]] });
    const startedAt = Date.now();
    const clients = await Promise.all(Array.from({ length: 300 }, (_, agent) => world.connect(agent)));
    for (const client of clients) client.send({ type: "presence" });
    const told = () => watcher.frames.filter(({ joined }) => joined !== undefined);
    const everyone = async (list: "joined" | "left") => {
      for (let tries = 0; tries < 200; tries += 1) {
        const named = new Set(told().flatMap((frame) => frame[list]));
        if (world.agents.slice(0, 300).every((id) => named.has(id))) return;
        await pause(50);
      }
      throw new Error("not told");
    };
    await everyone("joined");
    const joins = told().length;
    expect(joins).toBeLessThanOrEqual(Math.ceil((Date.now() - startedAt) / 500) + 1);
    for (const client of clients) client.close();
    await everyone("left");
    expect(told().length - joins).toBeLessThan(100);
    expect(await watcher.ask({ type: "presence" })).toMatchObject({ agents: [world.agents[300]] });
  }, 180_000);
});

describe("a storm of 300 that reconnect", () => {
  it("finds each member again where it was, with nothing lost and nothing twice", async () => {
    const world = await openWorld({ agents: 301 });
    const speaker = await world.connect(300);
    const join = async (after: number) => {
      const clients = await Promise.all(Array.from({ length: 300 }, (_, agent) => world.connect(agent)));
      await Promise.all(clients.map((client) => client.ask({ type: "subscribe", topics: ["**"], after })));
      return clients;
    };
    const say = async (count: number) => {
      for (let at = 0; at < count; at += 1) await speaker.ask({ type: "publish", topic: "a", body: at });
    };
    const before = await join(0);
    await say(20);
    await Promise.all(before.map((client) => client.messages(20)));
    for (const client of before) client.close();
    await say(20);
    const after = await join(20);
    await say(5);
    const heard = await Promise.all(after.map((client) => client.messages(25)));
    for (const messages of heard) expect(seqsOf(messages)).toEqual(Array.from({ length: 25 }, (_, at) => at + 21));
    expect(
      await runInDurableObject(roomStub(world), (_, { storage }) =>
        storage.sql.exec("select count(distinct socket) as n from subscriptions").one(),
      ),
    ).toEqual({ n: 300 });
  }, 180_000);
});
