import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { loadRoom } from "../../../src/features/rooms/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import {
  asBearer,
  callWith,
  connect,
  environment,
  mintFor,
  newMember,
  newRoom,
  outOfReach,
  presenceOf,
  roomsAre,
} from "../../support/rooms.ts";

async function world() {
  const org = await createOrganization();
  const agentId = await newMember(org);
  return { org, agentId, ...(await newRoom(org)) };
}

const tokenOf = async (org: TestOrganization, roomId: string, agentId: string): Promise<{ token: string; tokenId: string }> => {
  const made = await mintFor(org, roomId, agentId);
  expect(made.status, made.text).toBe(201);
  return made.body;
};
const revoke = (org: TestOrganization, roomId: string, body: object) => org.call("POST", `/v1/rooms/${roomId}/revocations`, body);
const standingOf = async (roomId: string) => (await loadRoom(environment(), roomId))?.revocations;

describe("a revocation", () => {
  it("of an agent closes what it has open, and keeps it out with whatever token", async () => {
    const { org, roomId, agentId } = await world();
    const other = await newMember(org);
    const { token } = await tokenOf(org, roomId, agentId);
    const { token: another } = await tokenOf(org, roomId, agentId);
    const { token: theirs } = await tokenOf(org, roomId, other);
    const [socket, stays] = [await connect(roomId, token), await connect(roomId, theirs)];
    const revoked = await revoke(org, roomId, { agentId });
    expect(revoked.status, revoked.text).toBe(201);
    expect(revoked.body).toMatchObject({ roomId, agentId, tokenId: null, state: "standing", until: null, liftedAt: null });
    expect(await socket.closed).toBe(4003);
    for (const bearer of [token, another]) expect((await presenceOf(roomId, bearer)).status).toBe(401);
    expect((await mintFor(org, roomId, agentId)).body.errors[0].message).toBe("The agent is revoked in this room.");
    expect((await presenceOf(roomId, theirs)).body.agents).toHaveLength(1);
    stays.close();
  });

  it("of a token leaves the agent's other tokens alone", async () => {
    const { org, roomId, agentId } = await world();
    const [one, other] = [await tokenOf(org, roomId, agentId), await tokenOf(org, roomId, agentId)];
    const revoked = await revoke(org, roomId, { tokenId: one.tokenId });
    expect(revoked.body).toMatchObject({ tokenId: one.tokenId, agentId: null });
    expect((await presenceOf(roomId, one.token)).status).toBe(401);
    expect((await presenceOf(roomId, other.token)).status).toBe(200);
  });

  it("holds in a room that was started anew, and is what a new object is told", async () => {
    const { org, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    await revoke(org, roomId, { agentId });
    expect(await standingOf(roomId)).toEqual([{ kind: "agent", subject: agentId, until: null }]);
    await evictDurableObject(env.ROOM.get(env.ROOM.idFromName(roomId)));
    expect((await presenceOf(roomId, token)).status).toBe(401);
  });

  it("ends when it was said to, and no earlier for being asked again", async () => {
    const { org, roomId, agentId } = await world();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const sooner = new Date(Date.now() + 60_000).toISOString();
    const first = await revoke(org, roomId, { agentId, until });
    const again = await revoke(org, roomId, { agentId, until: sooner });
    expect([first.body.until, again.body.until, again.body.id]).toEqual([until, until, first.body.id]);
    expect((await revoke(org, roomId, { agentId })).body.until).toBeNull();
    const listed = await org.call("GET", `/v1/rooms/${roomId}/revocations`);
    expect(listed.body.items).toHaveLength(1);
    const past = await revoke(org, roomId, { agentId, until: new Date(Date.now() - 1000).toISOString() });
    expect([past.status, past.body.errors[0].path]).toEqual([400, "body.until"]);
  });

  it("is lifted, and the agent comes in again", async () => {
    const { org, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const { body } = await revoke(org, roomId, { agentId });
    const lifted = await org.call("POST", `/v1/rooms/${roomId}/revocations/${body.id}/lift`);
    expect([lifted.status, lifted.body.state], lifted.text).toEqual([200, "lifted"]);
    expect((await presenceOf(roomId, token)).status).toBe(200);
    expect(await standingOf(roomId)).toEqual([]);
    const events = await ownerSees("select action from audit_events where resource = $1 order by seq", roomId);
    expect(events.map(({ action }) => action)).toEqual(expect.arrayContaining(["room.created", "room.revoked", "room.revocation_lifted"]));
  });

  it("that was lifted before does not lift the one that came after it", async () => {
    const { org, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const lift = async (id: string) => (await org.call("POST", `/v1/rooms/${roomId}/revocations/${id}/lift`)).status;
    const first = await revoke(org, roomId, { agentId });
    await lift(first.body.id);
    const second = await revoke(org, roomId, { agentId });
    expect(second.body.id).not.toBe(first.body.id);
    expect(await lift(first.body.id)).toBe(200);
    expect((await presenceOf(roomId, token)).status).toBe(401);
    expect(await lift(second.body.id)).toBe(200);
    expect((await presenceOf(roomId, token)).status).toBe(200);
  });

  it("holds from the answer on, also where an earlier one is lifted in the room while it is made", async () => {
    const { org, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const room = env.ROOM.get(env.ROOM.idFromName(roomId));
    const opened: Awaited<ReturnType<typeof connect>>[] = [];
    const slowly = roomsAre(() => ({
      revoke: async (ending) => {
        await room.revoke(ending);
        if (opened.length > 0) return;
        await room.lift({ kind: "agent", id: agentId });
        opened.push(await connect(roomId, token));
      },
    }));
    const revoked = await callWith(slowly, org)("POST", `/v1/rooms/${roomId}/revocations`, { agentId });
    expect([revoked.status, opened.length]).toEqual([201, 1]);
    expect(await Promise.race([opened[0]?.closed, scheduler.wait(20_000)])).toBe(4003);
    expect((await presenceOf(roomId, token)).status).toBe(401);
  });

  it("is of an agent that the organization has, so that their number is bounded", async () => {
    const { org, roomId } = await world();
    const theirs = await newMember(await createOrganization());
    const answers = await Promise.all([newId("agent"), theirs].map((agentId) => revoke(org, roomId, { agentId })));
    for (const { status, body } of answers)
      expect([status, body.errors]).toEqual([400, [{ path: "body.agentId", message: "There is no such agent." }]]);
    expect(await standingOf(roomId)).toEqual([]);
  });

  it("costs two round trips", async () => {
    const { org, roomId, agentId } = await world();
    const made = await revoke(org, roomId, { agentId });
    const lifted = await org.call("POST", `/v1/rooms/${roomId}/revocations/${made.body.id}/lift`);
    for (const { requestId } of [made, lifted]) expect(await roundTrips(requestId)).toBe(2);
  });

  it("is no business of a key that is bound to an agent", async () => {
    const { org, roomId, agentId } = await world();
    const key = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["swarms:write"], agentId });
    const bound = asBearer(org, key.body.key);
    expect((await revoke(bound, roomId, { agentId: await newMember(org) })).status).toBe(403);
    expect((await bound.call("POST", `/v1/rooms/${roomId}/close`)).status).toBe(403);
  });

  it.each([
    [{}],
    [{ agentId: newId("agent"), tokenId: newId("roomToken") }],
    [{ agentId: "x" }],
    [{ tokenId: newId("roomToken"), until: null }],
  ])("is refused for %j", async (body) => {
    const { org, roomId } = await world();
    expect((await revoke(org, roomId, body)).status).toBe(400);
  });
});

describe("a room out of reach", () => {
  it("has nothing claimed of it: no revocation, no closing, no hard rotation", async () => {
    const { org, swarmId, roomId, agentId } = await world();
    const without = callWith(outOfReach, org);
    const answers = [
      await without("POST", `/v1/rooms/${roomId}/revocations`, { agentId }),
      await without("POST", `/v1/rooms/${roomId}/close`),
      await without("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "hard" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect((await org.call("GET", `/v1/rooms/${roomId}/revocations`)).body.items).toEqual([]);
    expect((await org.call("GET", `/v1/rooms/${roomId}`)).body.closedAt).toBeNull();
    expect((await org.call("GET", `/v1/swarms/${swarmId}`)).body.generation).toBe(1);
    const actions = await ownerSees("select action from audit_events where org_id = $1", org.orgId);
    for (const { action } of actions) expect(["room.revoked", "room.closed", "swarm.secret_rotated"]).not.toContain(action);
  });

  it("may be asked again to let somebody in", async () => {
    const { org, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const { body } = await revoke(org, roomId, { agentId });
    const path = `/v1/rooms/${roomId}/revocations/${body.id}/lift`;
    expect((await callWith(outOfReach, org)("POST", path)).status).toBe(503);
    expect((await presenceOf(roomId, token)).status).toBe(401);
    expect((await org.call("POST", path)).status).toBe(200);
    expect((await presenceOf(roomId, token)).status).toBe(200);
  });
});

describe("a revocation that the database did not take", () => {
  it("holds in the room all the same, and is claimed when it is asked for again", async () => {
    const { org, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const room = env.ROOM.get(env.ROOM.idFromName(roomId));
    const thenDown = roomsAre(() => ({
      revoke: async (ending) => {
        await room.revoke(ending);
        await failDatabase(org.orgId, "down");
      },
    }));
    const failed = await callWith(thenDown, org)("POST", `/v1/rooms/${roomId}/revocations`, { agentId });
    await failDatabase(org.orgId, "none");
    expect(failed.status).toBe(503);
    expect((await org.call("GET", `/v1/rooms/${roomId}/revocations`)).body.items).toEqual([]);
    expect((await presenceOf(roomId, token)).status).toBe(401);
    const again = await revoke(org, roomId, { agentId });
    expect(again.status, again.text).toBe(201);
    expect((await presenceOf(roomId, token)).status).toBe(401);
    expect((await org.call("GET", `/v1/rooms/${roomId}/revocations`)).body.items).toHaveLength(1);
  });
});

describe("the status of a room", () => {
  it("says who is connected, in one round trip, and is a failure where the room is out of reach", async () => {
    const { org, roomId, agentId } = await world();
    const empty = await org.call("GET", `/v1/rooms/${roomId}/status`);
    expect(empty.body).toMatchObject({ roomId, head: { seq: 0 }, floor: { seq: 0 }, sockets: 0, agents: [] });
    expect(await roundTrips(empty.requestId)).toBe(1);
    const socket = await connect(roomId, (await tokenOf(org, roomId, agentId)).token);
    expect((await org.call("GET", `/v1/rooms/${roomId}/status`)).body).toMatchObject({ sockets: 1, agents: [agentId] });
    expect((await callWith(outOfReach, org)("GET", `/v1/rooms/${roomId}/status`)).status).toBe(503);
    socket.close();
  });
});

describe("a closed room", () => {
  it("has put everyone out, takes nobody in, and stays closed", async () => {
    const { org, swarmId, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const socket = await connect(roomId, token);
    const closed = await org.call("POST", `/v1/rooms/${roomId}/close`);
    expect([closed.status, typeof closed.body.closedAt], closed.text).toEqual([200, "string"]);
    expect(await socket.closed).toBe(4004);
    expect((await presenceOf(roomId, token)).status).toBeGreaterThanOrEqual(400);
    for (const [method, path, body] of [
      ["POST", "tokens", { agentId, caps: ["presence"] }],
      ["POST", "revocations", { agentId }],
      ["POST", "close", undefined],
    ] as const) {
      const refused = await org.call(method, `/v1/rooms/${roomId}/${path}`, body);
      expect([refused.status, refused.body.code], path).toEqual([409, "room_closed"]);
    }
    expect((await org.call("PATCH", `/v1/rooms/${roomId}`, { name: "Other" })).status).toBe(409);
    expect((await org.call("GET", `/v1/swarms/${swarmId}`)).body.openRooms).toBe(0);
    await evictDurableObject(env.ROOM.get(env.ROOM.idFromName(roomId)));
    expect((await presenceOf(roomId, token)).status).toBeGreaterThanOrEqual(400);
  });
});

describe("a hard rotation of the swarm's secret", () => {
  it("puts everyone out of every room of the swarm, and lets in with new tokens alone", async () => {
    const { org, swarmId, roomId, agentId } = await world();
    const second = await newRoom(org, {}, swarmId);
    const tokens = await Promise.all([roomId, second.roomId].map((room) => tokenOf(org, room, agentId)));
    const sockets = [await connect(roomId, tokens[0]?.token ?? ""), await connect(second.roomId, tokens[1]?.token ?? "")];
    const rotated = await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "hard" });
    expect(rotated.status, rotated.text).toBe(200);
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([4003, 4003]);
    expect((await presenceOf(roomId, tokens[0]?.token ?? "")).status).toBe(401);
    expect((await presenceOf(roomId, (await tokenOf(org, roomId, agentId)).token)).status).toBe(200);
  });

  it("is not what an overlapping one does", async () => {
    const { org, swarmId, roomId, agentId } = await world();
    const { token } = await tokenOf(org, roomId, agentId);
    const socket = await connect(roomId, token);
    await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    for (const bearer of [token, (await tokenOf(org, roomId, agentId)).token]) expect((await presenceOf(roomId, bearer)).status).toBe(200);
    expect(socket.isOpen()).toBe(true);
    socket.close();
  });
});
