import { describe, expect, it } from "vitest";
import { loadRoom } from "../../../src/features/rooms/index.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { asBearer, environment, newMember, newRoom } from "../../support/rooms.ts";

const generationsOf = async (roomId: string) =>
  (await loadRoom(environment(), roomId))?.secrets.map(({ generation }) => generation).toSorted();

describe("a swarm", () => {
  it("has a secret of its own that is sealed and never shown", async () => {
    const org = await createOrganization();
    const made = await org.call("POST", "/v1/swarms", { name: "Swarm" });
    expect([made.status, made.body.generation, made.body.openRooms], made.text).toEqual([201, 1, 0]);
    const read = await org.call("GET", `/v1/swarms/${made.body.id}`);
    const listed = await org.call("GET", "/v1/swarms");
    expect([read.body, listed.body.items]).toEqual([made.body, [made.body]]);
    expect(Object.keys(made.body).toSorted()).toEqual(["createdAt", "generation", "id", "name", "openRooms", "updatedAt"]);
    const [secret] = await ownerSees("select * from swarm_secrets where org_id = $1", org.orgId);
    // 12 bytes of IV, 44 of base64, 16 of tag.
    expect(atob(String(secret?.["sealed_secret"]))).toHaveLength(72);
    for (const { text } of [made, read, listed]) expect(text).not.toContain(String(secret?.["sealed_secret"]));
    const { roomId } = await newRoom(org, {}, made.body.id);
    const [opened] = (await loadRoom(environment(), roomId))?.secrets ?? [];
    expect([opened?.generation, opened?.key.extractable]).toEqual([1, false]);
  });

  it("takes one round trip to make or read, and two to give another secret", async () => {
    const org = await createOrganization();
    const made = await org.call("POST", "/v1/swarms", { name: "Swarm" });
    const path = `/v1/swarms/${made.body.id}`;
    const answers = [made, await org.call("GET", path), await org.call("GET", "/v1/swarms"), await org.call("GET", `${path}/rooms`)];
    for (const { requestId } of answers) expect(await roundTrips(requestId)).toBe(1);
    expect(await roundTrips((await org.call("POST", `${path}/rotate-secret`, { mode: "overlap" })).requestId)).toBe(2);
  });

  it("is one of at most as many as the plan allows, also when they are made at the same moment", async () => {
    const org = await createOrganization({ plan: "free" });
    const answers = await Promise.all(Array.from({ length: 5 }, () => org.call("POST", "/v1/swarms", { name: "Swarm" })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("plan_limit");
    expect((await org.call("GET", "/v1/swarms")).body.items).toHaveLength(2);
  });

  it("is not changed by a key that is bound to one agent", async () => {
    const org = await createOrganization();
    const { swarmId } = await newRoom(org);
    const key = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["swarms:write"], agentId: await newMember(org) });
    const bound = asBearer(org, key.body.key);
    const answers = [
      await bound.call("POST", "/v1/swarms", { name: "Mine" }),
      await bound.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "hard" }),
      await bound.call("POST", `/v1/swarms/${swarmId}/rooms`, { name: "Mine" }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403]);
  });
});

describe("another secret of a swarm", () => {
  it("leaves the former one valid until its last token has ended, and none before it", async () => {
    const org = await createOrganization();
    const { swarmId, roomId } = await newRoom(org);
    const rotate = () => org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    expect((await rotate()).body).toMatchObject({ id: swarmId, generation: 2, openRooms: 1 });
    const config = await loadRoom(environment(), roomId);
    const former = config?.secrets.find(({ generation }) => generation === 1)?.verifiesUntil?.getTime() ?? 0;
    expect(former - Date.now()).toBeGreaterThan(590_000);
    expect(former - Date.now()).toBeLessThanOrEqual(605_000);
    expect(config?.secrets.find(({ generation }) => generation === 2)?.verifiesUntil).toBeNull();
    expect((await rotate()).status).toBe(200);
    expect(await generationsOf(roomId)).toEqual([2, 3]);
  });

  it("ends all former ones at once where it is asked to", async () => {
    const org = await createOrganization();
    const { swarmId, roomId } = await newRoom(org);
    await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    expect(await generationsOf(roomId)).toEqual([1, 2]);
    const hard = await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "hard" });
    expect([hard.status, hard.body.generation], hard.text).toEqual([200, 3]);
    expect(await generationsOf(roomId)).toEqual([3]);
  });

  it("is made once by two who ask at the same moment", async () => {
    const org = await createOrganization();
    const { swarmId } = await newRoom(org);
    const ask = () => org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    const statuses = (await Promise.all([ask(), ask(), ask()])).map(({ status }) => status);
    const made = statuses.filter((status) => status === 200).length;
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    expect((await org.call("GET", `/v1/swarms/${swarmId}`)).body.generation).toBe(1 + made);
    const signing = await ownerSees("select 1 from swarm_secrets where swarm_id = $1 and verifies_until is null", swarmId);
    expect(signing).toHaveLength(1);
  });

  it("is logged, and says nothing of the secret there", async () => {
    const org = await createOrganization();
    const { swarmId } = await newRoom(org);
    await org.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "overlap" });
    const events = await ownerSees("select action from audit_events where org_id = $1 and resource = $2 order by seq", org.orgId, swarmId);
    expect(events.map(({ action }) => action)).toEqual(["swarm.created", "swarm.secret_rotated"]);
  });
});
