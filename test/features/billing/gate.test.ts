import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, it, vi } from "vitest";
import { utf8 } from "../../../src/crypto/encoding.ts";
import { handleWhopEvent } from "../../../src/features/billing/handle-event.ts";
import type { ProviderContext } from "../../../src/http/operation.ts";
import { newId } from "../../../src/platform/ids.ts";
import { metadataFor, newMembershipId, ofMembership, ownEnvironment, tellWhop } from "../../support/billing.ts";
import { failDatabase, ownerSees, setPlan } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { standIn } from "../../support/stand-in.ts";

const limitOf = async (org: TestOrganization): Promise<string | null> =>
  (await org.call("GET", "/v1/agents")).headers.get("x-ratelimit-limit");
const gateOf = (orgId: string) => env.GATE.get(env.GATE.idFromName(orgId));

/** The event as the pipeline hands it on, in a Worker for which the gate is out of reach. */
const withoutGate = (payload: object, id: string): ProviderContext => {
  const own = ownEnvironment();
  const silent = standIn<typeof env.GATE>({ idFromName: String, get: () => ({ forget: () => Promise.reject(new Error("gone")) }) });
  return {
    env: { ...own, bindings: { ...own.bindings, GATE: silent } },
    now: new Date(),
    requestId: newId("request"),
    meter: { trips: 0, durationMs: 0 },
    waitUntil: () => undefined,
    request: new Request("https://api.armalo.test/webhooks/whop"),
    delivery: { provider: "whop", deliveryId: id, signedAt: new Date(), body: utf8(JSON.stringify(payload)) },
  };
};

describe("a plan that changes while the gate decides", () => {
  it("is a 503 where the gate cannot be told, and the provider's repeat tells it although the event is a duplicate", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    expect(await limitOf(org)).toBe("60");
    const id = `msg_${crypto.randomUUID()}`;
    const event = ofMembership("membership.activated", { id: newMembershipId(), metadata: await metadataFor(org.orgId) });
    await expect(handleWhopEvent(withoutGate(event, id))).rejects.toMatchObject({ code: "unavailable" });
    await expect(handleWhopEvent(withoutGate(event, id))).rejects.toMatchObject({ code: "unavailable" });
    expect(await ownerSees("select plan from organizations where id = $1", org.orgId)).toEqual([{ plan: "pro" }]);
    expect(await limitOf(org)).toBe("60");
    const again = await tellWhop(event, { id });
    expect([again.status, again.body, await limitOf(org)]).toEqual([200, { status: "duplicate" }, "600"]);
    expect(await ownerSees("select 1 from audit_events where org_id = $1 and action = 'plan.changed'", org.orgId)).toHaveLength(1);
  });

  it("is done in full or not at all where the database dies before or after it, and once when it is told again", async ({ expect }) => {
    for (const mode of ["down", "after_commit"] as const) {
      const org = await createOrganization({ plan: "free" });
      const id = `msg_${crypto.randomUUID()}`;
      const event = ofMembership("membership.activated", { id: newMembershipId(), metadata: await metadataFor(org.orgId) });
      await failDatabase(org.orgId, mode);
      expect((await tellWhop(event, { id })).status).toBe(503);
      await failDatabase(org.orgId, "none");
      expect((await tellWhop(event, { id })).status).toBe(200);
      expect(await limitOf(org)).toBe("600");
      expect(await ownerSees("select 1 from audit_events where org_id = $1 and action = 'plan.changed'", org.orgId)).toHaveLength(1);
    }
  });

  it("decides every request that begins after the provider was answered, whatever was under way", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    const told = { yet: false };
    const late: (string | null)[] = [];
    for (let round = 0; round < 6; round += 1) {
      const [type, status, limit] =
        round % 2 === 0 ? (["membership.activated", "active", "600"] as const) : (["membership.deactivated", "canceled", "60"] as const);
      told.yet = false;
      late.length = 0;
      const at = new Date(Date.now() + round * 10);
      // Keys of which the gate has not heard load during the change: each brings what the database said of the plan when it was asked.
      const traffic = Array.from({ length: 3 }, async () => {
        for (let count = 0; count < 100 && !told.yet; count += 1) await limitOf(org);
      });
      const answer = await tellWhop(ofMembership(type, { id, metadata, status, at }));
      told.yet = true;
      late.push(...(await Promise.all([limitOf(org), limitOf(org)])));
      await Promise.all(traffic);
      expect([answer.status, ...new Set(late)]).toEqual([200, limit]);
    }
  });

  it("leaves what was there and lets nothing be added beyond the new limits", async ({ expect }) => {
    const org = await createOrganization({ plan: "pro" });
    const made = await Promise.all(["a", "b", "c"].map((name) => org.call("POST", "/v1/swarms", { name })));
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201]);
    await setPlan(org.orgId, "free");
    await gateOf(org.orgId).forget();
    const refused = await org.call("POST", "/v1/swarms", { name: "d" });
    expect([refused.status, refused.body.code]).toEqual([409, "plan_limit"]);
    expect((await org.call("GET", "/v1/swarms")).body.items).toHaveLength(3);
    const rooms = await org.call("POST", `/v1/swarms/${made[2]?.body.id}/rooms`, { name: "still" });
    expect(rooms.status).toBe(201);
  });
});

describe("usage by day", () => {
  // The day does not end in between.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());

  it("counts what was let in and what was refused", async ({ expect }) => {
    const org = await createOrganization({ plan: "pro", scopes: ["billing:read", "agents:read"] });
    for (let count = 0; count < 3; count += 1) await org.call("GET", "/v1/agents");
    expect((await org.call("POST", "/v1/agents", {})).status).toBe(403);
    const today = new Date().toISOString().slice(0, 10);
    const { usage } = (await org.call("GET", "/v1/billing")).body;
    expect(usage).toEqual([{ day: today, accepted: 4, refused: 1 }]);
  });

  it("is about to be saved before an idle gate leaves memory, which takes ten seconds, whatever else it is to wake for", async ({
    expect,
  }) => {
    const org = await createOrganization({ plan: "pro" });
    const made = await org.call("POST", "/v1/agents", { externalId: "a", name: "A" }, { "idempotency-key": "first" });
    expect(made.status, made.text).toBe(201);
    const alarm = await runInDurableObject(gateOf(org.orgId), (_, { storage }) => storage.getAlarm());
    expect((alarm ?? Infinity) - Date.now()).toBeLessThanOrEqual(5_000);
  });

  it("is saved by the gate's alarm, one row a day, and forgotten after a month", async ({ expect }) => {
    const org = await createOrganization({ plan: "pro" });
    await org.call("GET", "/v1/agents");
    const gate = gateOf(org.orgId);
    const rows = () =>
      runInDurableObject(gate, (_, { storage }) => storage.sql.exec("select day, accepted, refused from usage_days").toArray());
    expect(await rows()).toEqual([]);
    expect(await runDurableObjectAlarm(gate)).toBe(true);
    const day = Math.floor(Date.now() / 86_400_000);
    expect(await rows()).toEqual([{ day, accepted: 1, refused: 0 }]);
    await runInDurableObject(gate, (_, { storage }) => {
      for (const [past, accepted] of [
        [29, 7],
        [30, 8],
        [31, 9],
      ] as const)
        storage.sql.exec("insert into usage_days values (?, ?, 0)", day - past, accepted);
    });
    const { usage } = (await org.call("GET", "/v1/billing")).body;
    expect(usage.map(({ accepted }: { accepted: number }) => accepted)).toEqual([2, 7]);
    expect(await rows()).toHaveLength(3);
  });
});
