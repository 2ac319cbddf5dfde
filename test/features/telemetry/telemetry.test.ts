import fc from "fast-check";
import { describe, it } from "vitest";
import { agentCaller } from "../../support/grants.ts";
import { seedCall } from "../../support/governed-rows.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { newInvoking, newProduction } from "../../support/invocations.ts";
import { createOrganization } from "../../support/organization.ts";
import { age, list, matchesOf, minutesFromNow, newName, newWorld, record, start, toolCall, unreceipted } from "./telemetry-world.ts";

describe("what agents tell of themselves", () => {
  it("is kept as their own word, in one round trip and with one event in the log", async ({ expect }) => {
    const world = await newWorld();
    const told = [start(), start({ type: "session_end" }), toolCall(world)];
    const answer = await record(world, ...told);
    expect([answer.status, answer.body]).toMatchObject([
      201,
      { selfAsserted: true, assurance: 0, events: told.map(({ id }) => ({ eventId: id })) },
    ]);
    expect(await roundTrips(answer.requestId)).toBe(1);
    const events = await list(world);
    expect(events).toHaveLength(3);
    for (const event of events) expect(event).toMatchObject({ agentId: world.agentId, sessionId: "s1", selfAsserted: true, assurance: 0 });
    const logged = await ownerSees(
      "select resource from audit_events where org_id = $1 and action = 'telemetry.recorded'",
      world.org.orgId,
    );
    expect(logged).toEqual([{ resource: world.agentId }]);
  });

  it("is never scored", async ({ expect }) => {
    const world = await newWorld();
    const score = () => world.org.call("GET", `/v1/agents/${world.agentId}/score`);
    const before = await score();
    await record(world, ...Array.from({ length: 100 }, () => toolCall(world)));
    expect(await ownerSees("select id from evidence where org_id = $1", world.org.orgId)).toEqual([]);
    const { computedAt: _before, ...was } = before.body;
    const { computedAt: _after, ...is } = (await score()).body;
    expect(is).toEqual(was);
  });

  it("is taken once: what was told first stays, whoever says it again", async ({ expect }) => {
    const world = await newWorld();
    const event = start();
    const [first] = (await record(world, event)).body.events;
    const again = await record(world, { ...event, sessionId: "other" }, start());
    expect([again.status, again.body.events[0]]).toEqual([201, first]);
    expect((await list(world)).map(({ sessionId }: { sessionId: string }) => sessionId)).toEqual(["s1", "s1"]);
    await Promise.all([1, 2, 3].map(() => record(world, start({ id: "same" }))));
    expect((await list(world)).filter(({ eventId }: { eventId: string }) => eventId === "same")).toHaveLength(1);
  });

  it("takes 100 events and no more, times of the last day and no free text", async ({ expect }) => {
    const world = await newWorld();
    const refused: [string, readonly object[]][] = [
      ["none", []],
      ["101", Array.from({ length: 101 }, () => start())],
      ["one id twice", [start({ id: "x" }), start({ id: "x" })]],
      ["25 hours ago", [start({ at: minutesFromNow(-25 * 60) })]],
      ["in an hour", [start({ at: minutesFromNow(60) })]],
      ["no time", [start({ at: "yesterday" })]],
      ["an address", [start({ sessionId: "ada@example.com" })]],
      ["a long name", [start({ sessionId: "s".repeat(65) })]],
      ["a payload", [start({ payload: { prompt: "Hello" } })]],
      ["arguments", [toolCall(world, { arguments: {} })]],
      ["a tool's sentence", [toolCall(world, { tool: "Refund an order" })]],
      ["no mode", [toolCall(world, { mode: undefined })]],
      ["both names", [toolCall(world, { invocationId: `inv_${"0".repeat(22)}`, receiptId: `rcp_${"0".repeat(22)}` })]],
      ["a digest of nothing", [toolCall(world, { requestDigest: "sha256:x" })]],
      ["a call's fields", [start({ tool: "refund" })]],
      ["another agent", [start({ agentId: world.agentId })]],
      ["an unknown type", [start({ type: "thought" })]],
    ];
    for (const [what, events] of refused) expect([what, (await record(world, ...events)).status]).toEqual([what, 400]);
    const late = await record(world, start(), start({ at: minutesFromNow(-25 * 60) }));
    expect(late.body.errors).toMatchObject([{ path: "body.events.1.at" }]);
    expect(await list(world)).toEqual([]);
    expect((await record(world, ...Array.from({ length: 100 }, () => start({ at: minutesFromNow(-23 * 60) })))).status).toBe(201);
  });

  it("needs a credential that is bound to an agent, and shows such a one its own agent alone", async ({ expect }) => {
    const world = await newWorld();
    const unbound = await world.org.call("POST", "/v1/telemetry/events", { events: [start()] });
    expect([unbound.status, unbound.body.code]).toEqual([403, "forbidden"]);
    expect((await world.operator.call("POST", "/v1/telemetry/events", { events: [start()] })).status).toBe(403);
    const other: string = (await world.org.call("POST", "/v1/agents", { externalId: "other", name: "Other" })).body.id;
    const asOther = await agentCaller(world, other, ["telemetry:read", "telemetry:write"]);
    await record(world, start());
    await asOther("POST", "/v1/telemetry/events", { events: [start()] });
    const seen = async (call: typeof asOther): Promise<string[]> =>
      (await call("GET", "/v1/telemetry/events")).body.items.map(({ agentId }: { agentId: string }) => agentId);
    expect(await seen(asOther)).toEqual([other]);
    expect((await asOther("GET", `/v1/telemetry/events?agentId=${world.agentId}`)).status).toBe(404);
    expect(await list(world, `?agentId=${world.agentId}`)).toMatchObject([{ agentId: world.agentId }]);
    expect(await list(world)).toHaveLength(2);
    expect(await list({ org: await createOrganization() }, `?agentId=${world.agentId}`)).toEqual([]);
  });

  it("is listed newest first, by session and type, page by page", async ({ expect }) => {
    const world = await newWorld();
    await record(world, ...Array.from({ length: 5 }, () => start({ sessionId: "s2" })), toolCall(world));
    await record(world, start({ type: "session_end", sessionId: "s2" }));
    const all = await list(world, "?sessionId=s2");
    expect(all).toHaveLength(6);
    expect(all[0].type).toBe("session_end");
    const page = (await world.org.call("GET", "/v1/telemetry/events?sessionId=s2&limit=4")).body;
    expect([...page.items, ...(await list(world, `?sessionId=s2&limit=4&cursor=${page.nextCursor}`))]).toEqual(all);
    expect(await list(world, "?type=session_end")).toHaveLength(1);
  });

  it("keeps nothing where the database is away, and answers a repeated request as before", async ({ expect }) => {
    const world = await newWorld();
    const body = { events: [start()] };
    await failDatabase(world.org.orgId, "down", 1);
    expect((await world.asAgent("POST", "/v1/telemetry/events", body)).status).toBe(503);
    expect(await list(world)).toEqual([]);
    const ask = () => world.asAgent("POST", "/v1/telemetry/events", body, { "idempotency-key": "once" });
    const [first, second] = [await ask(), await ask()];
    expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
  });
});

describe("a tool call that an agent tells of", () => {
  it("matches the invocation that it names, or the one of the receipt, in the mode that it was", async ({ expect }) => {
    const world = await newWorld(newProduction);
    const [one, two] = [await world.invoke({ orderId: "1", amount: 1 }), await world.invoke({ orderId: "2", amount: 1 })];
    expect([one.body.status, two.body.mode]).toEqual(["executed", "production"]);
    const requestDigest: string = (await world.asAgent("GET", `/v1/invocations/${one.body.invocationId}`)).body.requestDigest;
    await record(
      world,
      toolCall(world, { mode: "production", invocationId: one.body.invocationId, requestDigest }),
      toolCall(world, { mode: "production", receiptId: two.body.receipt.id }),
    );
    expect(await matchesOf(world)).toEqual(["matched", "matched"]);
    const found = (await list(world, "?match=matched")).map(({ call }: { call: { invocationId: string } }) => call.invocationId);
    expect(found.toSorted()).toEqual([one.body.invocationId, two.body.invocationId].toSorted());
    await age(world, 60);
    expect(await unreceipted(world)).toEqual([]);
  });

  it("does not match what differs in agent, tool, mode or request, is pending for five minutes, and then an exception", async ({
    expect,
  }) => {
    const world = await newWorld();
    const { invocationId } = (await world.invoke({ orderId: "1", amount: 1 })).body;
    const foreign = await newInvoking();
    const theirs = (await foreign.invoke({ orderId: "1", amount: 1 })).body;
    const other = await agentCaller(world, (await world.org.call("POST", "/v1/agents", { externalId: "o", name: "O" })).body.id, [
      "telemetry:write",
    ]);
    await record(
      world,
      toolCall(world, { invocationId, mode: "production" }),
      toolCall(world, { invocationId, tool: "other_tool" }),
      toolCall(world, { invocationId, requestDigest: `sha256:${"0".repeat(64)}` }),
      toolCall(world, { invocationId: `inv_${"0".repeat(22)}` }),
      toolCall(world, { invocationId: theirs.invocationId }),
      toolCall(world, { receiptId: theirs.receipt.id }),
    );
    await record({ asAgent: other, toolName: "" }, toolCall(world, { invocationId }));
    expect(new Set(await matchesOf(world))).toEqual(new Set(["pending"]));
    expect(await unreceipted(world)).toEqual([]);
    await age(world, 4.9);
    expect(await unreceipted(world)).toEqual([]);
    await age(world, 0.2);
    expect(new Set(await matchesOf(world))).toEqual(new Set(["unmatched"]));
    expect((await unreceipted(world)).map(({ count }: { count: number }) => count).toSorted()).toEqual([1, 6]);
    expect(await list(world, "?match=unmatched")).toHaveLength(7);
    expect(await list(world, "?match=pending")).toEqual([]);
  });

  it("that names nothing is without a receipt at once, however many newer ones still wait", async ({ expect }) => {
    const world = await newWorld();
    const { events } = (await record(world, toolCall(world))).body;
    expect(await matchesOf(world)).toEqual(["unmatched"]);
    const waiting = () => Array.from({ length: 100 }, () => toolCall(world, { invocationId: `inv_${"0".repeat(22)}` }));
    for (let sent = 0; sent < 1_000; sent += 100) await record(world, ...waiting());
    expect(await unreceipted(world)).toMatchObject([
      { agentId: world.agentId, grantId: null, telemetryEventIds: [events[0].id], invocationIds: [], count: 1 },
    ]);
  });

  it("is one call: of those that claim one invocation the first has it, in one request or several", async ({ expect }) => {
    const world = await newWorld();
    const { invocationId, receipt } = (await world.invoke({ orderId: "1", amount: 1 })).body;
    await record(world, toolCall(world, { invocationId }), toolCall(world, { receiptId: receipt.id }));
    await record(world, toolCall(world, { invocationId }));
    expect(await matchesOf(world)).toEqual(["matched", "pending", "pending"]);
    const next = (await world.invoke({ orderId: "2", amount: 1 })).body;
    await Promise.all([1, 2, 3, 4].map(() => record(world, toolCall(world, { invocationId: next.invocationId }))));
    const answers = await matchesOf(world);
    expect(answers.filter((match) => match === "matched")).toHaveLength(2);
    await age(world, 10);
    expect(await unreceipted(world)).toMatchObject([{ count: 5 }]);
  });

  it("has its invocation also beside a repeat that claims it under a name that is taken", async ({ expect }) => {
    const world = await newWorld();
    const { invocationId } = (await world.invoke({ orderId: "1", amount: 1 })).body;
    const kept = start();
    await record(world, kept);
    const claim = toolCall(world, { invocationId });
    await record(world, { ...claim, id: kept.id }, claim);
    expect(await list(world, "?type=tool_call")).toMatchObject([{ eventId: claim.id, call: { match: "matched", invocationId } }]);
  });

  it("matches what is recorded later, and the first of several that waited for it", async ({ expect }) => {
    const world = await newWorld();
    const invocationId = `inv_${"1".repeat(22 - 8)}${String(Date.now()).slice(-8)}`;
    await record(world, toolCall(world, { invocationId }));
    await record(world, toolCall(world, { invocationId }));
    await age(world, 10);
    expect(await matchesOf(world)).toEqual(["unmatched", "unmatched"]);
    await seedCall(world, { id: invocationId, status: "simulated", mode: "simulation" });
    expect(await matchesOf(world)).toEqual(["matched", "unmatched"]);
    await record(world, toolCall(world, { invocationId }));
    expect(await matchesOf(world)).toEqual(["matched", "unmatched", "pending"]);
    expect(await unreceipted(world)).toMatchObject([{ count: 1 }]);
  });

  it("opens an exception again that was resolved while it still waited", async ({ expect }) => {
    const world = await newWorld();
    await record(world, toolCall(world));
    await record(world, toolCall(world, { invocationId: `inv_${"0".repeat(22)}` }));
    const [{ id }] = await unreceipted(world);
    await world.operator.call("POST", `/v1/exceptions/${id}/resolve`, {});
    expect(await unreceipted(world)).toMatchObject([{ status: "resolved", count: 1 }]);
    await ownerSees(
      `do $$ begin alter table runtime_exceptions disable trigger user;
         update runtime_exceptions set resolved_at = resolved_at - interval '10 minutes' where org_id = '${world.org.orgId}';
         alter table runtime_exceptions enable trigger user; end $$`,
    );
    await age(world, 10 - 5 + 0.1);
    expect(await unreceipted(world)).toMatchObject([{ status: "open", count: 2 }]);
  });

  it("never shares an invocation, whatever claims come in whatever calls and order", async ({ expect }) => {
    const world = await newWorld();
    const made: { invocationId: string; receipt: { id: string } }[] = [];
    for (const orderId of ["1", "2", "3"]) made.push((await world.invoke({ orderId, amount: 1 })).body);
    const named = fc.record({ which: fc.nat(2), by: fc.constantFrom("invocation", "receipt"), wrong: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(named, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 4 }), async (requests) => {
        const session = newName();
        const before = new Set<string>(
          (await list(world, "?match=matched&limit=100")).map(({ call }: { call: { invocationId: string } }) => call.invocationId),
        );
        const events = requests.map((claims) =>
          claims.map(({ which, by, wrong }) => {
            const { invocationId, receipt } = made[which] ?? expect.fail("no such call");
            const name = by === "invocation" ? { invocationId } : { receiptId: receipt.id };
            return toolCall(world, { ...name, sessionId: session, mode: wrong ? "production" : "simulation" });
          }),
        );
        for (const told of events) await record(world, ...told);
        const shown: { eventId: string; call: { match: string; invocationId: string | null } }[] = await list(
          world,
          `?sessionId=${session}&limit=100`,
        );
        const taken = new Set(before);
        for (const [index, claim] of requests.flat().entries()) {
          const { invocationId } = made[claim.which] ?? expect.fail("no such call");
          const expected = !claim.wrong && !taken.has(invocationId);
          if (expected) taken.add(invocationId);
          const one = shown.find(({ eventId }) => eventId === events.flat()[index]?.id);
          expect(one?.call).toMatchObject({ match: expected ? "matched" : "pending", invocationId: expected ? invocationId : null });
        }
      }),
      { numRuns: 12 },
    );
  });
});
