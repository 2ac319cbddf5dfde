import { describe, expect, it } from "vitest";
import { judgeChain, chainStart } from "../../src/crypto/room-chain.ts";
import { ask, openWorld, roomStub, seqsOf, upgrade } from "./room-world.ts";

describe("a room", () => {
  it("greets a member, and carries a message from one to another with its number and digest", async () => {
    const world = await openWorld();
    const [one, two] = [await world.connect(0), await world.connect(1)];
    const welcome = await two.first("welcome");
    expect(welcome).toMatchObject({ room: world.roomId, agent: world.agents[1], head: 0 });
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
