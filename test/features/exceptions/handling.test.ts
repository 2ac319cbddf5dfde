import fc from "fast-check";
import { describe, it } from "vitest";
import { grantOn, newGrant } from "../../support/grants.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { ageCalls, seedCall } from "../../support/governed-rows.ts";
import { signInAs } from "../../support/people.ts";

type World = Awaited<ReturnType<typeof newGrant>>;

const listOf = async ({ org }: Pick<World, "org">, query = "") => (await org.call("GET", `/v1/exceptions${query}`)).body.items;
const act = ({ operator }: World, id: string, verb: string, body?: unknown) => operator.call("POST", `/v1/exceptions/${id}/${verb}`, body);

describe("what people make of an exception", () => {
  it("is assigned to an active member, acknowledged and resolved, each in two round trips and each in the log", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "failed" });
    const [{ id }] = await listOf(world);
    const { memberId } = await signInAs(world.org, "viewer");
    const assigned = await act(world, id, "assign", { memberId });
    expect([assigned.status, assigned.body]).toMatchObject([200, { id, status: "open", assigneeId: memberId }]);
    expect(await roundTrips(assigned.requestId)).toBe(2);
    expect(await listOf(world, `?assigneeId=${memberId}`)).toEqual([assigned.body]);
    expect(await listOf(world, `?assigneeId=${world.operator.memberId}`)).toEqual([]);
    const acknowledged = await act(world, id, "acknowledge");
    expect(acknowledged.body).toMatchObject({
      status: "acknowledged",
      assigneeId: memberId,
      acknowledgedBy: `member:${world.operator.memberId}`,
    });
    const resolved = await act(world, id, "resolve", { note: "The upstream was down." });
    expect(resolved.body).toMatchObject({
      status: "resolved",
      resolvedBy: `member:${world.operator.memberId}`,
      note: "The upstream was down.",
    });
    for (const { requestId } of [acknowledged, resolved]) expect(await roundTrips(requestId)).toBe(2);
    expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body).toEqual(resolved.body);
    expect(await listOf(world, "?status=resolved")).toEqual([resolved.body]);
    const logged = await ownerSees(
      "select action, actor, commitment is not null as committed from audit_events where org_id = $1 and resource = $2 order by seq",
      world.org.orgId,
      id,
    );
    const actor = `member:${world.operator.memberId}`;
    expect(logged).toEqual([
      { action: "exception.assigned", actor, committed: false },
      { action: "exception.acknowledged", actor, committed: false },
      { action: "exception.resolved", actor, committed: true },
    ]);
  });

  it("is not given to who is no active member, here or elsewhere", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "failed" });
    const [{ id }] = await listOf(world);
    const elsewhere = await newGrant();
    const removed = await signInAs(world.org, "viewer");
    const owner = await signInAs(world.org, "owner");
    expect((await owner.call("DELETE", `/v1/members/${removed.memberId}`)).status).toBe(200);
    for (const memberId of [elsewhere.operator.memberId, removed.memberId]) {
      const answer = await act(world, id, "assign", { memberId });
      expect([answer.status, answer.body.errors]).toMatchObject([400, [{ path: "body.memberId" }]]);
    }
    expect(await ownerSees("select id from runtime_exceptions where org_id = $1", world.org.orgId)).toEqual([]);
    await act(world, id, "assign", { memberId: world.operator.memberId });
    expect((await act(world, id, "assign", { memberId: null })).body.assigneeId).toBeNull();
  });

  it("is acknowledged once, and neither acknowledged nor assigned once it is resolved", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "failed" });
    const [{ id }] = await listOf(world);
    expect((await act(world, id, "acknowledge")).status).toBe(200);
    expect((await act(world, id, "acknowledge")).body.code).toBe("state_conflict");
    expect((await act(world, id, "resolve", {})).status).toBe(200);
    for (const [verb, body] of [
      ["resolve", {}],
      ["acknowledge", undefined],
      ["assign", { memberId: null }],
    ] as const) {
      const answer = await act(world, id, verb, body);
      expect([verb, answer.status, answer.body.code]).toEqual([verb, 409, "state_conflict"]);
    }
  });

  it("is done by one of those who do it at the same moment", async ({ expect }) => {
    const world = await newGrant();
    for (const before of [[], ["acknowledge"]]) {
      await seedCall(world, { status: "failed" });
      const [{ id }] = await listOf(world, "?kind=failure");
      for (const verb of before) expect((await act(world, id, verb)).status).toBe(200);
      const answers = await Promise.all([1, 2, 3, 4].map(() => act(world, id, "resolve", {})));
      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    }
  });

  it("is opened again by what occurs later, and keeps its assignee", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "denied" });
    const [{ id }] = await listOf(world);
    const { memberId } = world.operator;
    await act(world, id, "assign", { memberId });
    await act(world, id, "acknowledge");
    expect((await act(world, id, "resolve", {})).body.status).toBe("resolved");
    await seedCall(world, { status: "denied" });
    expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body).toMatchObject({ status: "open", count: 2, assigneeId: memberId });
    expect((await act(world, id, "resolve", {})).body.status).toBe("resolved");
  });

  it("is opened again by what occurs when all that somebody looked after is gone", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "denied" });
    const [{ id }] = await listOf(world);
    await act(world, id, "assign", { memberId: world.operator.memberId });
    await act(world, id, "acknowledge");
    await ageCalls(world, 29);
    await seedCall(world, { status: "denied" });
    expect(await listOf(world)).toMatchObject([{ status: "acknowledged", count: 2 }]);
    await ageCalls(world, 29);
    expect(await listOf(world, "?status=open")).toEqual([]);
    await ageCalls(world, 5);
    expect(await listOf(world)).toEqual([]);
    await seedCall(world, { status: "denied" });
    expect(await listOf(world, "?status=open")).toMatchObject([{ id, status: "open", count: 1, assigneeId: world.operator.memberId }]);
    expect((await act(world, id, "acknowledge")).body.status).toBe("acknowledged");
    expect(await listOf(world, "?status=acknowledged")).toMatchObject([{ id }]);
  });

  it("is opened again by a call that was under way when it was resolved, and began before", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "failed" });
    const [{ id }] = await listOf(world);
    await act(world, id, "resolve", {});
    await seedCall(world, { status: "failed", minutesAgo: 5 });
    expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body.status).toBe("open");
  });

  it("stays resolved whatever else happens", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "denied", reasons: ["rate_exceeded"] });
    const [{ id }] = await listOf(world);
    await act(world, id, "resolve", {});
    await seedCall(world, { status: "denied", reasons: ["no_rule_matched"] });
    const other = await grantOn(world, { toolName: "other" });
    await seedCall({ ...world, grantId: other.body.id }, { status: "denied", reasons: ["rate_exceeded"] });
    expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body.status).toBe("resolved");
  });

  it("is as a model says, whatever happens in whatever order", async ({ expect }) => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ does: fc.constant("occur" as const), minutesAgo: fc.constantFrom(0, 0, 7) }) },
      {
        weight: 3,
        arbitrary: fc.record({
          does: fc.constantFrom("acknowledge" as const, "resolve" as const, "assign" as const),
          minutesAgo: fc.constant(0),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const world = await newGrant();
        await seedCall(world, { status: "denied" });
        const [{ id }] = await listOf(world);
        const model = { status: "open", count: 1 };
        for (const { does, minutesAgo } of steps) {
          if (does === "occur") {
            await seedCall(world, { status: "denied", minutesAgo });
            model.count += 1;
            if (model.status === "resolved") model.status = "open";
          } else {
            const allowed = does === "acknowledge" ? model.status === "open" : model.status !== "resolved";
            const body = { acknowledge: undefined, resolve: {}, assign: { memberId: world.operator.memberId } }[does];
            expect((await act(world, id, does, body)).status, does).toBe(allowed ? 200 : 409);
            if (allowed && does !== "assign") model.status = does === "resolve" ? "resolved" : "acknowledged";
          }
          expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body).toMatchObject(model);
          expect(await listOf(world, `?status=${model.status}`)).toMatchObject([model]);
        }
      }),
      { numRuns: 8 },
    );
  });

  it("changes nothing where the database is away, and answers a repeat with what it answered", async ({ expect }) => {
    const world = await newGrant();
    await seedCall(world, { status: "failed" });
    const [{ id }] = await listOf(world);
    await failDatabase(world.org.orgId, "down", 1, 1);
    expect((await act(world, id, "resolve", {})).status).toBe(503);
    await failDatabase(world.org.orgId, "none");
    expect((await world.org.call("GET", `/v1/exceptions/${id}`)).body.status).toBe("open");
    const ask = () => world.operator.call("POST", `/v1/exceptions/${id}/resolve`, {}, { "idempotency-key": "once" });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, second.status, second.text]).toEqual([200, 200, first.text]);
  });
});
