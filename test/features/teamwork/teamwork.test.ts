import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newId } from "../../../src/platform/ids.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type TestOrganization } from "../../support/organization.ts";
import { registerKey, selfRunOf } from "../../support/proofs.ts";
import { newAgent } from "../pacts/pact-world.ts";
import { newRoom } from "./room.ts";
import { leave, visitOf, type Visit } from "./visits.ts";

const read = (org: TestOrganization, agentId: string, query = "") => org.call("GET", `/v1/agents/${agentId}/teamwork${query}`);

describe("an agent's teamwork", () => {
  it("is nothing at first, and says that it is worth nothing", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const answer = await read(org, agentId);
    expect(answer.body).toEqual({
      agentId,
      assurance: 0,
      scored: false,
      total: { rooms: 0, visits: 0, messages: 0, effects: 0, firstJoinedAt: null, lastLeftAt: null },
      items: [],
      nextCursor: null,
    });
    expect(await roundTrips(answer.requestId)).toBe(1);
  });

  it("is counted by room over the visits that have ended, and of this agent alone", async () => {
    const org = await createOrganization();
    const [agentId, other] = [await newAgent(org), await newAgent(org)];
    const [one, two] = [await newRoom(org), await newRoom(org)];
    const later = { joinedAt: new Date("2026-03-02T00:00:00.000Z"), leftAt: new Date("2026-03-02T00:00:01.500Z") };
    await leave(org, [
      visitOf(agentId, one),
      visitOf(agentId, one, { ...later, messages: 5, effects: 0, via: "http" }),
      visitOf(agentId, two, { messages: 0, effects: 0 }),
      visitOf(other, two, { messages: 100 }),
    ]);
    const { body } = await read(org, agentId);
    const [first, last] = ["2026-03-01T10:00:00.000Z", "2026-03-02T00:00:01.500Z"];
    expect(body.total).toEqual({ rooms: 2, visits: 3, messages: 8, effects: 1, firstJoinedAt: first, lastLeftAt: last });
    expect(body.items).toHaveLength(2);
    expect(body.items).toContainEqual({ roomId: one, visits: 2, messages: 8, effects: 1, firstJoinedAt: first, lastLeftAt: last });
    expect(body.items).toContainEqual({
      roomId: two,
      visits: 1,
      messages: 0,
      effects: 0,
      firstJoinedAt: first,
      lastLeftAt: "2026-03-01T11:00:00.000Z",
    });
  });

  it("comes in pages, each room once, with the same totals on each", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const rooms = await Promise.all([newRoom(org), newRoom(org), newRoom(org)]);
    await leave(
      org,
      rooms.map((room) => visitOf(agentId, room)),
    );
    const seen: string[] = [];
    let query = "?limit=2";
    for (let pages = 0; pages < 2; pages += 1) {
      const { body } = await read(org, agentId, query);
      expect(body.total.rooms).toBe(3);
      for (const { roomId } of body.items) seen.push(roomId);
      query = `?limit=2&cursor=${body.nextCursor}`;
    }
    expect(seen.toSorted()).toEqual(rooms.toSorted());
    expect(query).toContain("cursor=null");
  });

  it("is closed to a key that is bound to another agent", async () => {
    const org = await createOrganization();
    const [agentId, other] = [await newAgent(org), await newAgent(org)];
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["agents:read"], agentId: other });
    const answer = await org.call("GET", `/v1/agents/${agentId}/teamwork`, undefined, { authorization: `Bearer ${bound.body.key}` });
    expect([answer.status, answer.body.code]).toEqual([404, "not_found"]);
  });
});

describe("what agents do in rooms", () => {
  it("changes no digit of a score and opens no violation, whatever they say of it", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const artifact = await selfRunOf(org, agentId, await registerKey(org, agentId));
    const imported = await org.call("POST", "/v1/receipts/import", { agentId, artifact });
    expect(imported.status, imported.text).toBe(201);
    const room = await newRoom(org);
    const asOf = new Date().toISOString();
    const judged = async () => ({
      evidence: await ownerSees("select * from evidence where org_id = $1 order by id", org.orgId),
      scores: await ownerSees("select * from scores where org_id = $1 order by id", org.orgId),
      upkeep: await ownerSees("select * from score_upkeep where org_id = $1 order by agent_id", org.orgId),
      shown: (await org.call("GET", `/v1/agents/${agentId}/score`)).text,
      exported: (await org.call("GET", `/v1/agents/${agentId}/score/evidence?asOf=${asOf}`)).body,
    });
    const before = await judged();
    expect(before.evidence).toHaveLength(1);
    expect(before.exported.records).toHaveLength(1);
    const counts = fc
      .nat({ max: 2_147_483_647 })
      .chain((messages) => fc.record({ messages: fc.constant(messages), effects: fc.nat({ max: messages }) }));
    const visits = fc.array(fc.record({ counts, via: fc.constantFrom<Visit["via"]>("socket", "http") }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(visits, async (said) => {
        await leave(
          org,
          said.map(({ counts: numbers, via }) => visitOf(agentId, room, { ...numbers, via })),
        );
        expect(await judged()).toEqual(before);
      }),
      { numRuns: 10 },
    );
    expect((await read(org, agentId)).body.total.visits).toBeGreaterThanOrEqual(10);
  });

  it("is not on the page that everybody sees", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    await org.call("PATCH", `/v1/agents/${agentId}`, { isPublic: true });
    const room = await newRoom(org);
    await leave(org, [visitOf(agentId, room)]);
    for (const path of [`/v1/trust/${agentId}`, `/agents/${agentId}`]) {
      const { status, text } = await callApi("GET", path, undefined, { "cf-connecting-ip": org.address });
      expect(status).toBe(200);
      expect(text).not.toContain(room);
      expect(text.toLowerCase()).not.toContain("teamwork");
    }
  });
});

describe("a visit", () => {
  it("is written once, is never changed, and counts no more effects than messages", async () => {
    const org = await createOrganization();
    const agentId = await newAgent(org);
    const room = await newRoom(org);
    const visit = visitOf(agentId, room);
    await leave(org, [visit]);
    await expect(leave(org, [visit])).rejects.toThrow();
    await expect(leave(org, [visitOf(agentId, room, { messages: 1, effects: 2 })])).rejects.toThrow();
    await expect(ownerSees("update room_visits set messages = 9 where id = $1 returning id", visit.id)).rejects.toThrow();
    await expect(ownerSees("delete from room_visits where id = $1 returning id", visit.id)).rejects.toThrow();
    expect((await read(org, agentId)).body.total.visits).toBe(1);
  });

  it("is of an agent of the room's own organization", async () => {
    const [org, stranger] = await Promise.all([createOrganization(), createOrganization()]);
    const theirs = await newAgent(stranger);
    await expect(leave(org, [visitOf(theirs, await newRoom(org))])).rejects.toThrow();
    await expect(leave(org, [visitOf(newId("agent"), await newRoom(org))])).rejects.toThrow();
    await expect(leave(stranger, [visitOf(theirs, await newRoom(org))])).rejects.toThrow();
    await leave(stranger, [visitOf(theirs, await newRoom(stranger))]);
  });
});
