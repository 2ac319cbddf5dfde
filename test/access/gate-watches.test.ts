import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { GateWatches, tellRooms } from "../../src/access/gate-watches.ts";
import { newId } from "../../src/platform/ids.ts";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { asBearer, connect, environment, mintFor, newMember, newRoom, outOfReach, presenceOf, roomsAre } from "../support/rooms.ts";

const gateOf = (org: TestOrganization) => env.GATE.get(env.GATE.idFromName(org.orgId));
const rowsOf = (org: TestOrganization, table: string) =>
  runInDurableObject(gateOf(org), (_gate, { storage }) => storage.sql.exec(`select * from ${table}`).toArray());

/** A room, an agent, and a key of its own that mints. */
async function world(wish: object = {}) {
  const org = await createOrganization();
  const { roomId } = await newRoom(org);
  const agentId = await newMember(org);
  const made = await org.call("POST", "/v1/keys", { name: "minter", scopes: ["swarms:join"], ...wish });
  const minter = asBearer(org, made.body.key);
  const keyId: string = made.body.id;
  const token: string = (await mintFor(minter, roomId, agentId)).body.token;
  const watch = async (pair: object = {}) => await gateOf(org).watch({ orgId: org.orgId, roomId, keyId, agentId, ...pair });
  return { org, roomId, agentId, keyId, token, watch };
}

describe("a key or agent that ends", () => {
  it("is out of its rooms when the answer is there: the key", async () => {
    const { org, roomId, keyId, token } = await world();
    const socket = await connect(roomId, token);
    expect((await org.call("POST", `/v1/keys/${keyId}/revoke`)).status).toBe(200);
    expect(await rowsOf(org, "untold")).toEqual([]);
    expect(await socket.closed).toBe(4003);
    expect((await presenceOf(roomId, token)).status).toBe(401);
  });

  it("is out of its rooms when the answer is there: the agent, and nobody else", async () => {
    const { org, roomId, agentId, token } = await world();
    const other = await mintFor(org, roomId, await newMember(org));
    const [socket, stays] = [await connect(roomId, token), await connect(roomId, other.body.token)];
    expect((await org.call("POST", `/v1/agents/${agentId}/archive`)).status).toBe(200);
    expect(await socket.closed).toBe(4003);
    expect((await presenceOf(roomId, token)).status).toBe(401);
    expect((await presenceOf(roomId, other.body.token)).status).toBe(200);
    stays.close();
  });

  it("is told to its rooms with the moment at which a rotated key dies", async () => {
    const { org, roomId, keyId, token } = await world();
    const socket = await connect(roomId, token);
    expect((await org.call("POST", `/v1/keys/${keyId}/rotate`, { overlapSeconds: 5 })).status).toBe(201);
    expect((await presenceOf(roomId, token)).status).toBe(200);
    expect(socket.isOpen()).toBe(true);
    expect(await socket.closed).toBeGreaterThanOrEqual(4001);
    expect((await presenceOf(roomId, token)).status).toBe(401);
  });

  it("is told to a room again by the alarm, until the room has heard it", async () => {
    const { org, roomId, keyId, agentId, token } = await world();
    const socket = await connect(roomId, token);
    const ending = { kind: "key", id: keyId, from: Date.now(), until: Date.now() + 600_000 } as const;
    await runInDurableObject(gateOf(org), async (_gate, { storage }) => {
      const watches = new GateWatches(storage.sql);
      watches.add({ roomId, keyId, agentId }, Date.now());
      watches.end(ending);
      expect(await tellRooms(environment(outOfReach), watches)).toBe(1);
      await storage.setAlarm(Date.now() + 60_000);
    });
    expect(socket.isOpen()).toBe(true);
    await evictDurableObject(gateOf(org));
    expect(await rowsOf(org, "untold")).toHaveLength(1);
    await runDurableObjectAlarm(gateOf(org));
    expect(await rowsOf(org, "untold")).toEqual([]);
    expect(await socket.closed).toBe(4003);
  });

  it("does not wait for a room that does not answer", async () => {
    const { org, roomId, keyId, agentId } = await world();
    await runInDurableObject(gateOf(org), async (_gate, { storage }) => {
      const watches = new GateWatches(storage.sql);
      watches.add({ roomId, keyId, agentId }, Date.now());
      watches.end({ kind: "archived_agent", id: agentId, until: Date.now() + 600_000 });
      const silent = roomsAre(() => ({ revoke: () => new Promise<never>(() => undefined) }));
      const startedAt = Date.now();
      expect(await tellRooms(environment(silent), watches)).toBe(1);
      expect(Date.now() - startedAt).toBeLessThan(6000);
    });
  });
});

describe("what the gate answers a room that asks", () => {
  it("is until when the key lives, as far as is known", async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const [endless, mortal] = [await world(), await world({ expiresAt })];
    expect(await endless.watch()).toMatchObject({ ok: true, diesAt: null });
    expect(await mortal.watch()).toMatchObject({ ok: true, diesAt: Date.parse(expiresAt) });
    await mortal.org.call("POST", `/v1/keys/${mortal.keyId}/rotate`, { overlapSeconds: 600 });
    const { diesAt } = (await mortal.watch()) as { diesAt: number };
    expect(diesAt).toBeLessThanOrEqual(Date.now() + 600_000);
  });

  it("is that the key is dead: revoked before, unknown, of another organization, or bound to another agent", async () => {
    const { org, agentId, keyId, watch } = await world();
    const dead = { ok: false, reason: "key" };
    const stranger = await createOrganization();
    expect(await watch({ keyId: newId("key") })).toEqual(dead);
    expect(await watch({ keyId: stranger.keyId })).toEqual(dead);
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["swarms:join"], agentId: await newMember(org) });
    expect(await watch({ keyId: bound.body.id, agentId })).toEqual(dead);
    await org.call("POST", `/v1/keys/${keyId}/revoke`);
    expect(await watch()).toEqual(dead);
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("update restrictions set since = since - 60000"));
    await evictDurableObject(gateOf(org));
    await runDurableObjectAlarm(gateOf(org));
    expect(await rowsOf(org, "restrictions")).toEqual([]);
    expect(await watch()).toEqual(dead);
  });

  it("is that the agent has ended: archived before, unknown, or about to be archived", async () => {
    const { org, agentId, watch } = await world();
    const ended = { ok: false, reason: "agent" };
    expect(await watch({ agentId: newId("agent") })).toEqual(ended);
    expect(await watch({ agentId: await newMember(await createOrganization()) })).toEqual(ended);
    expect(await watch()).toMatchObject({ ok: true });
    await gateOf(org).endAgent(org.orgId, agentId);
    expect(await watch()).toEqual(ended);
    await evictDurableObject(gateOf(org));
    expect(await watch()).toEqual(ended);
    const [row] = await ownerSees("select archived_at from agents where id = $1", agentId);
    expect(row?.["archived_at"]).toBeNull();
    // The change was never made: once no token of before can be alive, the agent may meet others again.
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("update ended_agents set until = 1"));
    expect(await watch()).toMatchObject({ ok: true });
    await org.call("POST", `/v1/agents/${agentId}/archive`);
    await runInDurableObject(gateOf(org), (_gate, { storage }) => void storage.sql.exec("delete from ended_agents"));
    expect(await watch()).toEqual(ended);
  });

  it("is nothing where nobody can say, and then the room is remembered all the same", async () => {
    const { org, roomId, watch } = await world();
    await evictDurableObject(gateOf(org));
    await failDatabase(org.orgId, "down", 2);
    await expect(watch()).rejects.toThrow();
    await failDatabase(org.orgId, "none");
    expect(await rowsOf(org, "watches")).toMatchObject([{ room_id: roomId }]);
  });

  it("is forgotten once nobody whom it let in can still be there", async () => {
    const { org, watch } = await world();
    const answer = await watch();
    const [row] = await rowsOf(org, "watches");
    // The hour that the answer names, and the life of a token that was minted at its end.
    expect(answer.ok && Number(row?.["until"]) - answer.watchedUntil).toBeGreaterThanOrEqual(605_000);
    await runInDurableObject(gateOf(org), async (_gate, { storage }) => {
      storage.sql.exec("update watches set until = 1");
      await storage.setAlarm(Date.now() + 60_000);
    });
    await runDurableObjectAlarm(gateOf(org));
    expect(await rowsOf(org, "watches")).toEqual([]);
  });
});
