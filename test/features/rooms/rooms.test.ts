import { describe, expect, it, vi } from "vitest";
import { isOurId, tagId } from "../../../src/access/tagged-id.ts";
import { loadRoom } from "../../../src/features/rooms/index.ts";
import { newName } from "../../../src/platform/ids.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { environment, newMember, newRoom } from "../../support/rooms.ts";

const schema = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };

describe("a room", () => {
  it("has an identifier that we alone can make", async () => {
    const { roomId } = await newRoom(await createOrganization());
    expect(await isOurId(environment(), "room", roomId)).toBe(true);
    const invented = `${roomId.slice(0, -1)}${roomId.endsWith("0") ? "1" : "0"}`;
    expect(await isOurId(environment(), "room", invented)).toBe(false);
  });

  it("is shown as it was made, and changed in what was named alone", async () => {
    const org = await createOrganization();
    const topics = [{ name: "orders.paid", schema }, { name: "chat" }];
    const { swarmId, roomId } = await newRoom(org, { topics });
    const read = await org.call("GET", `/v1/rooms/${roomId}`);
    expect(read.body).toMatchObject({ id: roomId, swarmId, name: "Room", topics, retention: { messages: 1000, days: 7 }, closedAt: null });
    const changed = await org.call("PATCH", `/v1/rooms/${roomId}`, { retention: { messages: 50, days: 1 } });
    expect(changed.body).toEqual({ ...read.body, retention: { messages: 50, days: 1 }, updatedAt: changed.body.updatedAt });
    const [event] = await ownerSees("select action from audit_events where resource = $1 order by seq desc limit 1", roomId);
    expect(event?.["action"]).toBe("room.updated");
  });

  it("takes two round trips to make or change, and one to read", async () => {
    const org = await createOrganization();
    const { swarmId, roomId } = await newRoom(org);
    const made = await org.call("POST", `/v1/swarms/${swarmId}/rooms`, { name: "Other" });
    const changed = await org.call("PATCH", `/v1/rooms/${roomId}`, { name: "Renamed" });
    for (const { requestId } of [made, changed]) expect(await roundTrips(requestId)).toBe(2);
    for (const path of [`/v1/rooms/${roomId}`, `/v1/swarms/${swarmId}/rooms`, `/v1/rooms/${roomId}/revocations`])
      expect(await roundTrips((await org.call("GET", path)).requestId)).toBe(1);
  });

  it("is found on the pages of its swarm alone", async () => {
    const org = await createOrganization();
    const { swarmId, roomId } = await newRoom(org);
    const others = [await newRoom(org, {}, swarmId), await newRoom(org, {}, swarmId)];
    await newRoom(org);
    const first = await org.call("GET", `/v1/swarms/${swarmId}/rooms?limit=2`);
    const second = await org.call("GET", `/v1/swarms/${swarmId}/rooms?limit=2&cursor=${first.body.nextCursor}`);
    const ids = [...first.body.items, ...second.body.items].map(({ id }: { id: string }) => id);
    expect([second.status, ids.toSorted()]).toEqual([200, [roomId, ...others.map((made) => made.roomId)].toSorted()]);
  });

  it.each([
    ["a name that is no topic", { topics: [{ name: "orders.*" }] }, "body.topics.0.name"],
    ["the same topic twice", { topics: [{ name: "a" }, { name: "a" }] }, "body.topics"],
    ["a schema that is none", { topics: [{ name: "a", schema: { type: "nonsense" } }] }, "body.topics.0.schema.type"],
    [
      "a schema that refers elsewhere",
      { topics: [{ name: "a" }, { name: "b", schema: { $ref: "https://elsewhere.test/x" } }] },
      "body.topics.1.schema.$ref",
    ],
    ["nothing to keep", { retention: { messages: 0, days: 1 } }, "body.retention.messages"],
  ])("is refused with %s", async (_, body, path) => {
    const org = await createOrganization();
    const { swarmId, roomId } = await newRoom(org);
    for (const answer of [
      await org.call("POST", `/v1/swarms/${swarmId}/rooms`, { name: "Room", ...body }),
      await org.call("PATCH", `/v1/rooms/${roomId}`, body),
    ])
      expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([400, "invalid_request", path]);
  });

  it("keeps no more than the plan allows, and is one of as many as it allows", async () => {
    const org = await createOrganization({ plan: "free" });
    const { swarmId } = await newRoom(org);
    const path = `/v1/swarms/${swarmId}/rooms`;
    const long = await org.call("POST", path, { name: "Long", retention: { messages: 1001, days: 8 } });
    expect([long.status, long.body.code, long.body.errors.length]).toEqual([409, "plan_limit", 2]);
    const answers = await Promise.all(Array.from({ length: 7 }, () => org.call("POST", path, { name: "Room" })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 201, 201, 201, 409, 409, 409]);
    expect(answers.find(({ status }) => status === 409)?.body.code).toBe("plan_limit");
    expect((await org.call("GET", `/v1/swarms/${swarmId}`)).body.openRooms).toBe(5);
  });

  it("is nothing that another organization can see, change, or make in a swarm that is not its own", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const { swarmId, roomId } = await newRoom(org);
    const agentId = await newMember(other);
    const answers = await Promise.all([
      other.call("GET", `/v1/rooms/${roomId}`),
      other.call("PATCH", `/v1/rooms/${roomId}`, { name: "Mine" }),
      other.call("POST", `/v1/rooms/${roomId}/close`),
      other.call("POST", `/v1/swarms/${swarmId}/rooms`, { name: "Mine" }),
      other.call("POST", `/v1/swarms/${swarmId}/rotate-secret`, { mode: "hard" }),
      other.call("POST", `/v1/rooms/${roomId}/tokens`, { agentId, caps: ["presence"] }),
      other.call("POST", `/v1/rooms/${roomId}/revocations`, { agentId }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await org.call("GET", `/v1/rooms/${roomId}`)).body).toMatchObject({ name: "Room", closedAt: null });
  });
});

describe("what a room's object is told", () => {
  it("is all of its own room, in two round trips", async () => {
    const org = await createOrganization({ plan: "pro" });
    const { roomId } = await newRoom(org, { topics: [{ name: "a" }], retention: { messages: 20, days: 2 } });
    const calls = vi.spyOn(globalThis, "fetch");
    const config = await loadRoom(environment(), roomId);
    expect(calls.mock.calls).toHaveLength(2);
    calls.mockRestore();
    const known = { roomId, orgId: org.orgId, plan: "pro", closedAt: null };
    expect(config).toMatchObject({ ...known, topics: [{ name: "a" }], retention: { messages: 20, days: 2 }, revocations: [] });
  });

  it("keeps within what the plan allows now", async () => {
    const org = await createOrganization();
    const { roomId } = await newRoom(org, { retention: { messages: 100_000, days: 90 } });
    await ownerSees(`do $$ begin
      set local session_replication_role = replica;
      update organizations set plan = 'free' where id = '${org.orgId}';
    end $$`);
    expect((await loadRoom(environment(), roomId))?.retention).toEqual({ messages: 1000, days: 7 });
  });

  it("is nothing where there is no such room, and a failure where nobody can say", async () => {
    const org = await createOrganization();
    expect(await loadRoom(environment(), await tagId(environment(), "room", newName()))).toBeUndefined();
    const { roomId } = await newRoom(org);
    await failDatabase(org.orgId, "down", 1);
    await expect(loadRoom(environment(), roomId)).rejects.toMatchObject({ code: "unavailable" });
  });
});
