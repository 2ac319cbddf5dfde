import { describe, expect, it } from "vitest";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { openReceiver } from "../../support/webhook-receiver.ts";
import { newEndpoint, setPlan } from "../../support/webhooks.ts";

const collection = "/v1/webhook-endpoints";

describe("a webhook endpoint", () => {
  it("takes one round trip to make or read, and at most two to change", async () => {
    const org = await createOrganization();
    const receiver = await openReceiver();
    const made = await org.call("POST", collection, { url: receiver.url, eventTypes: [] });
    const path = `${collection}/${made.body.id}`;
    const ones = [made, await org.call("GET", path), await org.call("GET", collection), await org.call("GET", `${path}/deliveries`)];
    for (const { requestId } of ones) expect(await roundTrips(requestId)).toBe(1);
    const twos = [
      await org.call("PATCH", path, { description: "Other" }),
      await org.call("POST", `${path}/rotate-secret`),
      await org.call("POST", `${path}/test`),
      await org.call("POST", `${path}/recover`, { since: "2026-01-01T00:00:00Z" }),
      await org.call("POST", `${path}/disable`),
      await org.call("POST", `${path}/enable`),
      await org.call("DELETE", path),
    ];
    for (const { requestId, status, text } of twos) {
      expect(status, text).toBeLessThan(300);
      expect(await roundTrips(requestId)).toBe(2);
    }
  });

  it("is changed in what is named, and checked like a new one", async () => {
    const org = await createOrganization();
    const { path } = await newEndpoint(org);
    const { body: before } = await org.call("GET", path);
    const changed = await org.call("PATCH", path, { eventTypes: ["key.created"] });
    expect(changed.body).toEqual({ ...before, eventTypes: ["key.created"], updatedAt: changed.body.updatedAt });
    expect((await org.call("GET", path)).body).toEqual(changed.body);
    expect((await org.call("PATCH", path, { description: null })).status).toBe(200);
    const refused = [
      {},
      { scheme: "v1a" },
      { eventTypes: ["webhook.test"] },
      { url: "https://10.0.0.1/" },
      { url: "https://a@hooks.acme.com/" },
    ];
    for (const body of refused) expect((await org.call("PATCH", path, body)).status, JSON.stringify(body)).toBe(400);
  });

  it("that moves to another URL is not held to its former one's failures", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    await ownerSees(
      "update webhook_health set failing_since = now(), alerted_percent = 50, last_success_at = now() where endpoint_id = $1 returning 1",
      endpointId,
    );
    const renamed = await org.call("PATCH", path, { description: "Same place" });
    expect(renamed.body.health).toMatchObject({ failingSince: expect.any(String), alertedPercent: 50 });
    const moved = await org.call("PATCH", path, { url: (await openReceiver()).url });
    expect(moved.body.health).toMatchObject({ failingSince: null, alertedPercent: 0, lastSuccessAt: renamed.body.health.lastSuccessAt });
    expect((await org.call("GET", path)).body).toEqual(moved.body);
  });

  it("is told apart by one page after the other", async () => {
    const org = await createOrganization();
    const made: string[] = [];
    for (let at = 0; at < 5; at += 1) made.unshift((await newEndpoint(org)).endpointId);
    const first = await org.call("GET", `${collection}?limit=3`);
    const second = await org.call("GET", `${collection}?limit=3&cursor=${first.body.nextCursor}`);
    expect([...first.body.items, ...second.body.items].map(({ id }) => id)).toEqual(made);
    expect(second.body.nextCursor).toBeNull();
    for (const { signing } of [...first.body.items, ...second.body.items]) expect(signing).toHaveLength(1);
  });

  it("that is deleted is gone for good, and signs nothing any more", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    expect((await org.call("DELETE", path)).body).toEqual({ id: endpointId, status: "deleted" });
    const answers = [
      await org.call("GET", path),
      await org.call("GET", `${path}/deliveries`),
      await org.call("POST", `${path}/enable`),
      await org.call("POST", `${path}/rotate-secret`),
      await org.call("DELETE", path),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 404));
    expect((await org.call("GET", collection)).body.items).toEqual([]);
    expect(await ownerSees("select 1 from webhook_secrets where endpoint_id = $1 and signs_until is null", endpointId)).toEqual([]);
  });

  it("is switched off and on, each once; switched on, it starts afresh", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    expect((await org.call("POST", `${path}/enable`)).body.code).toBe("state_conflict");
    const off = await org.call("POST", `${path}/disable`);
    expect([off.body.status, off.body.disabledReason]).toEqual(["disabled", "operator"]);
    expect((await org.call("POST", `${path}/disable`)).body.code).toBe("state_conflict");
    await ownerSees("update webhook_health set failing_since = now(), alerted_percent = 90 where endpoint_id = $1 returning 1", endpointId);
    const on = await org.call("POST", `${path}/enable`);
    expect([on.body.status, on.body.disabledReason, on.body.health.failingSince, on.body.health.alertedPercent]).toEqual([
      "enabled",
      null,
      null,
      0,
    ]);
    expect((await org.call("GET", path)).body).toEqual(on.body);
  });

  it("is switched off by one of two who ask at the same moment", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    const statuses = await Promise.all([1, 2, 3].map(async () => (await org.call("POST", `${path}/disable`)).status));
    expect(statuses.toSorted()).toEqual([200, 409, 409]);
    const events = await ownerSees("select 1 from audit_events where resource = $1 and action = 'webhook_endpoint.disabled'", endpointId);
    expect(events).toHaveLength(1);
  });

  it("of an organization whose plan lost its webhooks says so, and is switched on again only with a plan that has them", async () => {
    const org = await createOrganization({ plan: "pro" });
    const { path } = await newEndpoint(org);
    const off = await newEndpoint(org);
    await org.call("POST", `${off.path}/disable`);
    await setPlan(org, "free");
    const shown = await org.call("GET", path);
    expect([shown.body.status, shown.body.paused]).toEqual(["enabled", "plan"]);
    for (const verb of [`${off.path}/enable`, `${path}/test`]) expect((await org.call("POST", verb)).body.code, verb).toBe("plan_limit");
    expect((await org.call("POST", `${path}/recover`, { since: "2026-01-01T00:00:00Z" })).body.code).toBe("plan_limit");
    await setPlan(org, "pro");
    expect((await org.call("POST", `${off.path}/enable`)).body.paused).toBeNull();
  });

  it("is not switched on while the organization has more of them than its plan allows", async () => {
    const org = await createOrganization();
    const endpoints = [];
    for (let at = 0; at < 11; at += 1) endpoints.push(await newEndpoint(org));
    const [first, second] = endpoints;
    await org.call("POST", `${first?.path}/disable`);
    await setPlan(org, "pro");
    expect((await org.call("POST", `${first?.path}/enable`)).body.code).toBe("plan_limit");
    expect((await org.call("DELETE", second?.path ?? "")).status).toBe(200);
    expect((await org.call("POST", `${first?.path}/enable`)).status).toBe(200);
  });

  it("is told by its other endpoints that it was switched off", async () => {
    const org = await createOrganization();
    const [one, other] = [
      await newEndpoint(org, { eventTypes: ["webhook.disabled"] }),
      await newEndpoint(org, { eventTypes: ["webhook.disabled"] }),
    ];
    await org.call("POST", `${one.path}/disable`);
    const { items } = (await org.call("GET", `${other.path}/deliveries`)).body;
    expect(items.map(({ type }: { type: string }) => type)).toEqual(["webhook.disabled"]);
    const { body } = await org.call("GET", `${other.path}/deliveries/${items[0].eventId}`);
    expect(JSON.parse(body.payload).data).toEqual({ endpointId: one.endpointId, reason: "operator" });
    expect((await org.call("GET", `${one.path}/deliveries`)).body.items).toEqual([]);
  });
});
