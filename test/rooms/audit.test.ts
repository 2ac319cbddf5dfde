import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { openWorld, pause, roomStub, sleep, type World } from "./room-world.ts";

afterEach(() => void vi.useRealTimers());

const eventsOf = (world: World) =>
  ownerSees(
    "select action, actor, id from audit_events where org_id = $1 and resource = $2 and action <> 'room.created' order by seq",
    world.org.orgId,
    world.roomId,
  );
const visitsOf = (world: World) =>
  ownerSees(
    "select id, agent_id, messages, effects, via, joined_at <= left_at as ordered from room_visits where org_id = $1 and room_id = $2 order by agent_id, via",
    world.org.orgId,
    world.roomId,
  );

/** Lets the alarm ring until there are so many events, and a little longer. */
async function written(world: World, count: number): Promise<Record<string, unknown>[]> {
  for (let tries = 0; tries < 100 && (await eventsOf(world)).length < count; tries += 1) {
    await pause(50);
    await runDurableObjectAlarm(roomStub(world));
  }
  await pause(200);
  return eventsOf(world);
}

/** Makes every visit that has ended for now so old that nobody comes back to it. */
const age = (world: World) =>
  runInDurableObject(roomStub(world), (_, { storage }) =>
    storage.sql.exec("update visits set away_since = away_since - 600000, joined_at = joined_at - 900000"),
  ).then(() => sleep(world));

describe("what happens in a room", () => {
  it("is in the organization's log: who joined, what had an effect, who left, each once, with what it did in its visit", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    await client.ask({ type: "publish", topic: "a", body: 1 });
    await client.ask({ type: "publish", topic: "a", body: 2, sideEffect: true });
    await client.ask({ type: "publish", topic: "a", body: 3, sideEffect: true, messageId: "x" });
    await client.ask({ type: "publish", topic: "a", body: 3, sideEffect: true, messageId: "x" });
    const token = await world.mint(1);
    await world.call(token, "POST", "/messages", { topic: "a", body: 4, sideEffect: true });
    expect((await written(world, 5)).map(({ action }) => action).toSorted()).toEqual([
      ...["room.effect_published", "room.effect_published", "room.effect_published"],
      ...["room.joined", "room.joined"],
    ]);
    client.close();
    await client.closed;
    await pause(50);
    await age(world);
    const events = await written(world, 7);
    expect(events.filter(({ action }) => action === "room.left")).toHaveLength(2);
    expect(events).toHaveLength(7);
    expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set([`agent:${world.agents[0]}`, `agent:${world.agents[1]}`]));
    const visits = await visitsOf(world);
    const expected = [
      { agent_id: world.agents[0], messages: 3, effects: 2, via: "socket", ordered: true },
      { agent_id: world.agents[1], messages: 1, effects: 1, via: "http", ordered: true },
    ];
    expect(visits.toSorted((a, b) => Number(b.messages) - Number(a.messages))).toMatchObject(expected);
    for (const { id } of visits) expect(id).toMatch(/^rvs_/);
  });

  it("is not written twice, whatever the database does meanwhile, and not lost", async () => {
    const world = await openWorld();
    const client = await world.connect(0);
    await failDatabase(world.org.orgId, "after_commit", 3);
    for (let at = 0; at < 3; at += 1) await client.ask({ type: "publish", topic: "a", body: at, sideEffect: true });
    await pause(1_500);
    await failDatabase(world.org.orgId, "down", 2);
    await pause(500);
    await sleep(world);
    await failDatabase(world.org.orgId, "none");
    const events = await written(world, 4);
    expect(events.map(({ action }) => action)).toEqual([
      "room.joined",
      "room.effect_published",
      "room.effect_published",
      "room.effect_published",
    ]);
  });

  it("is one visit for an agent that reconnects all the time", async () => {
    const world = await openWorld();
    for (let at = 0; at < 30; at += 1) {
      const client = await world.connect(0);
      client.close();
      await client.closed;
    }
    const last = await world.connect(0);
    expect(await written(world, 1)).toHaveLength(1);
    last.close();
  });

  it("ends a visit at once where the agent is revoked or the room is closed", async () => {
    const world = await openWorld();
    const [one, two] = [await world.connect(0), await world.connect(1)];
    await one.ask({ type: "publish", topic: "a", body: 1 });
    await roomStub(world).revoke({ kind: "agent", id: world.agents[0] ?? "", until: null });
    expect((await written(world, 3)).at(-1)).toMatchObject({ action: "room.left", actor: `agent:${world.agents[0]}` });
    await roomStub(world).close();
    expect((await written(world, 4)).at(-1)).toMatchObject({ action: "room.left", actor: `agent:${world.agents[1]}` });
    expect(await visitsOf(world)).toHaveLength(2);
    await Promise.all([one.closed, two.closed]);
  });

  it("is bounded in effects a minute, so that no effect is published that the log could not hold", async () => {
    vi.useFakeTimers({ toFake: ["Date"] }); // the minute does not end, however slow the machine is
    const world = await openWorld({ plan: "free" });
    const client = await world.connect(0);
    const answers = [];
    for (let at = 0; at < 35; at += 1) answers.push(await client.ask({ type: "publish", topic: "a", body: at, sideEffect: true }));
    expect(answers.filter(({ type }) => type === "published")).toHaveLength(30);
    expect(answers.at(-1)).toMatchObject({ code: "rate_limited" });
    expect(await client.ask({ type: "publish", topic: "a", body: "harmless" })).toMatchObject({ type: "published" });
  });
});
