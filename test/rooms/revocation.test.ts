import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Room } from "../../src/rooms/room.durable-object.ts";
import { ask, connect, everything, openWorld, pause, roomStub, seqsOf, sleep, upgrade, type Client, type World } from "./room-world.ts";

const listening = async (world: World, agent: number, options?: Parameters<World["connect"]>[1]): Promise<Client> => {
  const client = await world.connect(agent, options);
  await client.ask({ type: "subscribe", topics: ["**"] });
  return client;
};
/** A socket that has been told already that it is closed takes nothing more. */
const tryTo = (send: () => void): void => {
  try {
    send();
  } catch {
    // It is closed.
  }
};
const idOf = (token: string): string => JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))).jti;

describe("revocation", () => {
  it("by the API ends a socket in the middle of everything: not one frame arrives after the answer, of whatever type", async () => {
    const world = await openWorld();
    const [speaker, ended, guest] = [await world.connect(0), await listening(world, 1), await world.mint(2)];
    await ended.ask({ type: "presence" });
    const over = new AbortController();
    const all = async (act: (at: number) => unknown, ms = 3): Promise<void> => {
      for (let at = 0; !over.signal.aborted; at += 1) {
        await act(at);
        await pause(ms);
      }
    };
    const talk = all((at) => speaker.ask({ type: "publish", topic: "a", body: at }));
    const asks = all((at) => tryTo(() => ended.send(at % 2 === 0 ? "ping" : { type: "unsubscribe", topics: ["none"] })));
    const visits = all(async () => (await connect(world.roomId, guest, world.org.address)).close(), 60);
    const types = ["message", "pong", "unsubscribed", "presence"];
    await expect.poll(() => types.filter((type) => !ended.frames.some((frame) => frame.type === type))).toEqual([]);
    const path = `/v1/rooms/${world.roomId}/revocations`;
    const revoked = await world.org.call("POST", path, { agentId: world.agents[1] });
    const [before, said] = [ended.frames.length, (await roomStub(world).status()).head.seq];
    expect(revoked.status, revoked.text).toBe(201);
    await pause(1_000);
    await expect.poll(async () => (await roomStub(world).status()).head.seq).toBeGreaterThan(said + 20);
    over.abort();
    await Promise.all([talk, asks, visits]);
    expect(await ended.closed).toBe(4003);
    // Each type came as long as it might, and there was enough to say afterwards.
    expect(ended.frames.slice(before)).toEqual([]);
  });

  it("ends a hundred sockets at once: none is told a message behind the head that there was after it", async () => {
    const world = await openWorld({ agents: 101 });
    const speaker = await listening(world, 0);
    const rest: Client[] = [];
    for (let agent = 1; agent <= 100; agent += 1) rest.push(await listening(world, agent));
    let published = 0;
    const stop = new AbortController();
    const flood = (async () => {
      for (; !stop.signal.aborted; published += 1) {
        await speaker.ask({ type: "publish", topic: "a", body: published });
        await pause(3);
      }
    })();
    await pause(100);
    const room = roomStub(world);
    await Promise.all(world.agents.slice(1, 101).map((id) => room.revoke({ kind: "agent", id, until: null })));
    const { head } = await room.status();
    await expect.poll(async () => (await room.status()).head.seq).toBeGreaterThan(head.seq);
    stop.abort();
    await flood;
    const later = await room.status();
    expect(later).toMatchObject({ sockets: 1, agents: [world.agents[0]] });
    expect(new Set(await Promise.all(rest.map(({ closed }) => closed)))).toEqual(new Set([4003]));
    for (const client of rest) expect(Math.max(0, ...seqsOf(client.frames))).toBeLessThanOrEqual(head.seq);
    await speaker.messages(later.head.seq);
  });

  it("takes nothing of what a revoked member has on its way", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    const id = world.agents[0] ?? "";
    let sent = 0;
    const burst = (): void => {
      for (let at = 0; at < 300; at += 1) tryTo(() => client.send({ type: "publish", topic: "a", body: (sent += 1) }));
    };
    await client.ask({ type: "publish", topic: "a", body: "in time" });
    burst();
    const revoking = runInDurableObject(roomStub(world), async (room: Room) => {
      await room.revoke({ kind: "agent", id, until: null });
      // No turn passes between the two: this is the head at the moment when the revocation holds.
      return room.status();
    });
    burst();
    await Promise.resolve();
    burst();
    const { head, sockets } = await revoking;
    burst();
    expect(await client.closed).toBe(4003);
    await pause(500);
    const published = await runInDurableObject(roomStub(world), (_, { storage }) =>
      storage.sql.exec<{ seq: number }>("select seq from messages where agent = ? order by seq", id).toArray(),
    );
    expect(published.length).toBeGreaterThan(0);
    expect(published.filter(({ seq }) => seq > head.seq)).toEqual([]);
    expect((await roomStub(world).status()).head).toEqual(head);
    expect(sockets).toBe(0);
    expect(sent - published.length, "what was on its way").toBeGreaterThan(0);
  });

  it("lets a revoked member in by no door", async () => {
    const world = await openWorld();
    const token = await world.mint(0);
    const room = roomStub(world);
    await room.revoke({ kind: "agent", id: world.agents[0] ?? "", until: null });
    const { head } = await room.status();
    await expect(world.connect(0)).rejects.toThrow("401");
    expect((await world.call(token, "POST", "/messages", { topic: "a", body: 1 })).status).toBe(401);
    expect((await room.status()).head).toEqual(head);
    await room.lift({ kind: "agent", id: world.agents[0] ?? "" });
    (await world.connect(0)).close();
  });

  it("by token ends the socket that it opened, and no other of the agent", async () => {
    const world = await openWorld();
    const [one, two] = [await world.mint(0), await world.mint(0)];
    const [first, second] = [await connect(world.roomId, one, world.org.address), await connect(world.roomId, two, world.org.address)];
    const revoked = await world.org.call("POST", `/v1/rooms/${world.roomId}/revocations`, { tokenId: idOf(one) });
    expect(revoked.status, revoked.text).toBe(201);
    expect(await first.closed).toBe(4003);
    expect(second.isOpen()).toBe(true);
    expect((await world.call(one, "GET", "/presence")).status).toBe(401);
    expect((await world.call(two, "GET", "/presence")).status).toBe(200);
  });

  it("of the key that minted a token closes what it opened", async () => {
    const world = await openWorld();
    const key = await world.org.call("POST", "/v1/keys", { name: "minter", scopes: ["swarms:join"] });
    const opened = await world.connect(0, { keyId: key.body.id });
    const token = await world.mint(1, { keyId: key.body.id });
    expect((await world.call(token, "GET", "/presence")).status).toBe(200);
    const revoked = await world.org.call("POST", `/v1/keys/${key.body.id}/revoke`);
    expect(revoked.status, revoked.text).toBeLessThan(300);
    expect(await opened.closed).toBe(4003);
    expect((await world.call(token, "GET", "/presence")).status).toBe(401);
    await expect(world.connect(2, { keyId: key.body.id })).rejects.toThrow("401");
  });

  it("of the agent by archiving it ends its membership", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    expect((await world.org.call("POST", `/v1/agents/${world.agents[0]}/archive`)).status).toBeLessThan(300);
    expect(await client.closed).toBe(4003);
    await expect(world.connect(0)).rejects.toThrow("401");
  });

  it("of the swarm's secret puts out every member, and takes the new generation only", async () => {
    const world = await openWorld();
    const [client, old] = [await world.connect(0), await world.mint(1)];
    const rotated = await world.org.call("POST", `/v1/swarms/${world.swarmId}/rotate-secret`, { mode: "hard" });
    expect(rotated.status, rotated.text).toBeLessThan(300);
    expect(await client.closed).toBe(4003);
    expect((await world.call(old, "GET", "/presence")).status).toBe(401);
    await world.learnSecret();
    (await world.connect(1)).close();
  });

  it("of the swarm's secret with an overlap puts out whom the secret before the former one let in, and nobody else", async () => {
    const world = await openWorld();
    const rotate = async () => {
      await world.org.call("POST", `/v1/swarms/${world.swarmId}/rotate-secret`, { mode: "overlap" });
      await world.learnSecret();
    };
    const first = await world.connect(0);
    await rotate();
    const second = await world.connect(1);
    expect(first.isOpen()).toBe(true);
    await rotate();
    expect(await Promise.race([first.closed, pause(20_000)])).toBe(4003);
    expect(second.isOpen()).toBe(true);
    expect((await roomStub(world).status()).agents).toEqual([world.agents[1]]);
  });

  it("survives a restart of the room", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    await roomStub(world).revoke({ kind: "agent", id: world.agents[0] ?? "", until: null });
    await client.closed;
    await evictDurableObject(roomStub(world));
    await expect(world.connect(0)).rejects.toThrow("401");
  });

  it("while a token is being checked keeps its holder out", async () => {
    const world = await openWorld();
    const token = await world.mint(0);
    for (let at = 0; at < 10; at += 1) {
      const opening = ask(world.roomId, upgrade(token, world.org.address));
      const revoking = roomStub(world).revoke({ kind: "agent", id: world.agents[0] ?? "", until: null });
      const [response] = await Promise.all([opening, revoking]);
      response.webSocket?.accept();
      expect(await roomStub(world).status()).toMatchObject({ sockets: 0 });
      await roomStub(world).lift({ kind: "agent", id: world.agents[0] ?? "" });
    }
  });
});

describe("expiry", () => {
  const passTime = (ms: number) => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
  afterEach(() => void vi.useRealTimers());

  it("ends a socket by the alarm, and nothing is taken or sent after it", async () => {
    const world = await openWorld();
    const speaker = await world.connect(1);
    const client = await listening(world, 0, { seconds: 5 });
    await speaker.ask({ type: "publish", topic: "a", body: 1 });
    await client.messages(1);
    expect(await client.closed).toBe(4001);
    await speaker.ask({ type: "publish", topic: "a", body: 2 });
    expect(seqsOf(client.frames)).toEqual([1]);
  });

  it("is looked at before each delivery and each frame, whether the alarm has come or not", async () => {
    const world = await openWorld();
    const speaker = await world.connect(1);
    const [quiet, loud] = [await listening(world, 0, { seconds: 30 }), await listening(world, 2, { seconds: 30 })];
    await runInDurableObject(roomStub(world), (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
    passTime(31_000);
    loud.send({ type: "publish", topic: "a", body: "late" });
    expect(await loud.closed).toBe(4001);
    await speaker.ask({ type: "publish", topic: "a", body: 1 });
    expect(await quiet.closed).toBe(4001);
    expect(seqsOf(quiet.frames)).toEqual([]);
    expect((await roomStub(world).status()).head.seq).toBe(1);
  });

  it("is looked at before it is told who came and went", async () => {
    const world = await openWorld();
    const client = await world.connect(0, { seconds: 30 });
    await client.ask({ type: "presence" });
    await runInDurableObject(roomStub(world), (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
    passTime(31_000);
    await world.connect(1);
    await pause(700);
    expect(client.frames.filter(({ joined }) => joined?.includes(world.agents[1]))).toEqual([]);
  });

  it("ends a socket whose token expired while the room slept, before anything is sent to it", async () => {
    const world = await openWorld();
    const speaker = await world.connect(1);
    const client = await listening(world, 0, { seconds: 30 });
    await runInDurableObject(roomStub(world), (_, { storage }) => storage.setAlarm(Date.now() + 60_000));
    await sleep(world);
    passTime(31_000);
    expect((await roomStub(world).status()).sockets).toBe(1);
    await speaker.ask({ type: "publish", topic: "a", body: 1 });
    expect(await client.closed).toBe(4001);
    expect(seqsOf(client.frames)).toEqual([]);
  });

  it("is put off by a new token of the same agent, and by no other", async () => {
    const world = await openWorld();
    const client = await listening(world, 0, { seconds: 30 });
    expect(await client.ask({ type: "refresh", token: await world.mint(1) })).toMatchObject({ code: "token_refused" });
    expect(await client.ask({ type: "refresh", token: "a.b.c" })).toMatchObject({ code: "token_refused" });
    const refreshed = await client.ask({ type: "refresh", token: await world.mint(0) });
    expect(refreshed).toMatchObject({ type: "refreshed", topics: ["**"] });
    passTime(31_000);
    await runDurableObjectAlarm(roomStub(world));
    expect(client.isOpen()).toBe(true);
  });

  it("of capabilities comes with the new token: what it does not allow is heard no more", async () => {
    const world = await openWorld();
    const [client, speaker] = [await world.connect(0), await world.connect(1)];
    await client.ask({ type: "subscribe", topics: ["a", "b"] });
    const narrow = await world.mint(0, { caps: ["topic:subscribe:a", "topic:publish:a"] });
    expect(await client.ask({ type: "refresh", token: narrow })).toMatchObject({ topics: ["a"] });
    await speaker.ask({ type: "publish", topic: "b", body: 1 });
    await speaker.ask({ type: "publish", topic: "a", body: 2 });
    expect((await client.messages(1)).map(({ topic }) => topic)).toEqual(["a"]);
    expect(await client.ask({ type: "publish", topic: "b", body: 1 })).toMatchObject({ code: "forbidden" });
    expect(await client.ask({ type: "refresh", token: await world.mint(0, { caps: everything }) })).toMatchObject({ topics: ["a"] });
  });
});

describe("a closed room", () => {
  it("ends every member, and takes nobody and nothing any more", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    const token = await world.mint(1);
    const closed = await world.org.call("POST", `/v1/rooms/${world.roomId}/close`, {});
    expect(closed.status, closed.text).toBeLessThan(300);
    expect(await client.closed).toBe(4004);
    const answer = await world.call(token, "POST", "/messages", { topic: "a", body: 1 });
    expect([answer.status, answer.body.code]).toEqual([409, "room_closed"]);
    for (const bad of [`${token.slice(0, -6)}AAAAAA`, "no-token"]) {
      const refused = await world.call(bad, "POST", "/messages", { topic: "a", body: 1 });
      expect([refused.status, refused.body.code], "whoever has no token is not told that it is closed").toEqual([401, "unauthenticated"]);
    }
  });
});
