import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { webhookDeliveries, webhookEvents } from "../../../src/db/schema/webhooks.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { newId } from "../../../src/platform/ids.ts";
import { ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { newEndpoint } from "../../support/webhooks.ts";
import { until } from "../../webhooks/world.ts";

type Stored = { readonly status: "delivered" | "failed" | "cancelled"; readonly daysAgo?: number };

/** Deliveries whose way has ended, as they are found some days later. Answers their events, in the order given. */
async function have(org: TestOrganization, endpointId: string, stored: readonly Stored[]): Promise<string[]> {
  const tenant = openSystemDb(requireEnvironment(env), org.orgId, "system:test");
  const rows = stored.map(({ status, daysAgo = 0 }) => ({
    id: newId("webhookEvent"),
    status,
    at: new Date(Date.now() - daysAgo * 86_400_000),
  }));
  await tenant.write({ action: "webhook.test_sent", resource: endpointId, change: {}, answer: null }, ({ orm, orgId }) => [
    orm.insert(webhookEvents).values(
      rows.map(({ id, at }) => ({
        orgId,
        id,
        type: "key.created" as const,
        payload: `{"id":"${id}"}`,
        auditEventId: "aud_0",
        createdAt: at,
      })),
    ),
    orm.insert(webhookDeliveries).values(
      rows.map(({ id, status, at }) => ({
        ...{ orgId, endpointId, eventId: id, status, attempts: 10, scheduledAt: at, lastAttemptAt: at, createdAt: at },
        ...{ responseStatus: 500, responseMs: 12, failure: "status" as const },
      })),
    ),
  ]);
  return rows.map(({ id }) => id);
}

type Shown = { readonly eventId: string; readonly status: string };
const deliveriesOf = async (org: TestOrganization, path: string, query = ""): Promise<Shown[]> =>
  (await org.call("GET", `${path}/deliveries${query}`)).body.items;
const idsOf = (shown: readonly Shown[]): string[] => shown.map(({ eventId }) => eventId);
const hangs = { kind: "hang" } as const;

describe("a test event", () => {
  it("goes to one endpoint alone, whatever its list, and says that nothing has happened", async () => {
    const org = await createOrganization();
    const [one, other] = [await newEndpoint(org), await newEndpoint(org, { eventTypes: ["key.created"] })];
    const sent = await org.call("POST", `${one.path}/test`);
    expect([sent.status, sent.body.type, sent.body.status, sent.body.attempts], sent.text).toEqual([202, "webhook.test", "pending", 0]);
    const [received] = await until(one.receiver.received, (all) => all.length === 1);
    expect(received?.headers["webhook-id"]).toBe(sent.body.eventId);
    expect(JSON.parse(received?.body ?? "")).toEqual({
      id: sent.body.eventId,
      type: "webhook.test",
      timestamp: sent.body.createdAt,
      organizationId: org.orgId,
      data: { endpointId: one.endpointId },
    });
    const shown = await until(
      () => org.call("GET", `${one.path}/deliveries/${sent.body.eventId}`),
      ({ body }) => body.status !== "pending",
    );
    expect(shown.body).toMatchObject({ status: "delivered", attempts: 1, nextAttemptAt: null, responseStatus: 200, failure: null });
    expect([typeof shown.body.responseMs, shown.body.payload]).toEqual(["number", received?.body]);
    expect(await deliveriesOf(org, other.path)).toEqual([]);
  });

  it("is not sent to an endpoint that is switched off", async () => {
    const org = await createOrganization();
    const { path } = await newEndpoint(org);
    await org.call("POST", `${path}/disable`);
    const refused = await org.call("POST", `${path}/test`);
    expect([refused.status, refused.body.code]).toEqual([409, "state_conflict"]);
    expect(await deliveriesOf(org, path)).toEqual([]);
  });

  it("names the audit event that it tells of", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    await org.call("POST", `${path}/test`);
    const [told] = await ownerSees(
      "select a.action, a.resource from webhook_events e join audit_events a on a.org_id = e.org_id and a.id = e.audit_event_id where e.org_id = $1",
      org.orgId,
    );
    expect(told).toEqual({ action: "webhook.test_sent", resource: endpointId });
  });
});

describe("the deliveries of an endpoint", () => {
  it("are listed newest first, by pages and by status, and are those of no other endpoint", async () => {
    const org = await createOrganization();
    const [one, other] = [await newEndpoint(org), await newEndpoint(org)];
    const ids = await have(org, one.endpointId, [
      { status: "failed", daysAgo: 4 },
      { status: "delivered", daysAgo: 3 },
      { status: "cancelled", daysAgo: 2 },
      { status: "failed", daysAgo: 1 },
    ]);
    await have(org, other.endpointId, [{ status: "failed" }]);
    const [oldest, second, third, newest] = ids;
    expect(idsOf(await deliveriesOf(org, one.path))).toEqual(ids.toReversed());
    expect(idsOf(await deliveriesOf(org, one.path, "?status=failed"))).toEqual([newest, oldest]);
    const page = await org.call("GET", `${one.path}/deliveries?limit=2`);
    const rest = await org.call("GET", `${one.path}/deliveries?limit=2&cursor=${page.body.nextCursor}`);
    expect([idsOf(page.body.items), idsOf(rest.body.items), rest.body.nextCursor]).toEqual([[newest, third], [second, oldest], null]);
    expect((await org.call("GET", `${one.path}/deliveries?status=lost`)).status).toBe(400);
    expect((await org.call("GET", `${other.path}/deliveries/${newest}`)).status).toBe(404);
    const { body } = await org.call("GET", `${one.path}/deliveries/${newest}`);
    expect(body).toMatchObject({
      type: "key.created",
      attempts: 10,
      responseStatus: 500,
      responseMs: 12,
      failure: "status",
      payload: `{"id":"${newest}"}`,
    });
  });

  it("are read in one round trip and sent again in two", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer(hangs);
    const [id] = await have(org, endpointId, [{ status: "failed" }]);
    const read = await org.call("GET", `${path}/deliveries/${id}`);
    const replayed = await org.call("POST", `${path}/deliveries/${id}/replay`);
    expect([replayed.status, await roundTrips(read.requestId), await roundTrips(replayed.requestId)]).toEqual([202, 1, 2]);
  });

  it.each(["disable", "delete"])("that wait are cancelled by %s", async (how) => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer({ status: 500 });
    const { eventId } = (await org.call("POST", `${path}/test`)).body;
    await until(receiver.received, (all) => all.length === 1);
    const ended = how === "delete" ? await org.call("DELETE", path) : await org.call("POST", `${path}/disable`);
    expect(ended.status).toBe(200);
    const rows = await ownerSees("select event_id, status, next_attempt_at from webhook_deliveries where endpoint_id = $1", endpointId);
    expect(rows).toEqual([{ event_id: eventId, status: "cancelled", next_attempt_at: null }]);
  });
});

describe("a replay", () => {
  it("sends the same id and the same bytes again, delivered or not", async () => {
    const org = await createOrganization();
    const { path, receiver } = await newEndpoint(org);
    const { eventId } = (await org.call("POST", `${path}/test`)).body;
    const delivery = () => org.call("GET", `${path}/deliveries/${eventId}`);
    await until(delivery, ({ body }) => body.status === "delivered");
    const replayed = await org.call("POST", `${path}/deliveries/${eventId}/replay`);
    expect(replayed.body).toMatchObject({ eventId, status: "pending", attempts: 0, responseStatus: 200 });
    const [first, second] = await until(receiver.received, (all) => all.length === 2);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(second?.body).toBe(first?.body);
    await until(delivery, ({ body }) => body.status === "delivered" && body.attempts === 1);
  });

  it("is refused while the first attempt is under way, and by an endpoint that is switched off", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer(hangs);
    const [id] = await have(org, endpointId, [{ status: "failed" }]);
    const replay = () => org.call("POST", `${path}/deliveries/${id}/replay`);
    expect((await replay()).status).toBe(202);
    expect([(await replay()).status, (await replay()).body.code]).toEqual([409, "state_conflict"]);
    await org.call("POST", `${path}/disable`);
    const [shown] = await deliveriesOf(org, path);
    expect(shown?.status).toBe("cancelled");
    expect([(await replay()).status, (await replay()).body.code]).toEqual([409, "state_conflict"]);
    expect(await deliveriesOf(org, path)).toEqual([shown]);
  });

  it("is begun once by those who ask at the same moment", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer(hangs);
    const [id] = await have(org, endpointId, [{ status: "delivered" }]);
    const statuses = await Promise.all([1, 2, 3].map(async () => (await org.call("POST", `${path}/deliveries/${id}/replay`)).status));
    expect(statuses.toSorted()).toEqual([202, 409, 409]);
    const events = await ownerSees("select 1 from audit_events where resource = $1 and action = 'webhook.replayed'", endpointId);
    expect(events).toHaveLength(1);
  });

  it("is made once for one Idempotency-Key", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer(hangs);
    const [id] = await have(org, endpointId, [{ status: "failed" }]);
    const replay = () => org.call("POST", `${path}/deliveries/${id}/replay`, undefined, { "idempotency-key": "k" });
    const first = await replay();
    const again = await until(replay, ({ body }) => body.code !== "idempotency_in_progress");
    expect([again.status, again.body]).toEqual([202, first.body]);
  });
});

describe("a delivery that waits after a failed attempt", () => {
  it.each(["replay", "recover"])(
    "goes out at once with a %s, so that nobody waits for the schedule once the receiver is mended",
    async (how) => {
      const org = await createOrganization();
      const { path, receiver } = await newEndpoint(org);
      await receiver.answer({ status: 500, headers: { "retry-after": "3600" } });
      const { eventId } = (await org.call("POST", `${path}/test`)).body;
      const delivery = () => org.call("GET", `${path}/deliveries/${eventId}`);
      await until(delivery, ({ body }) => body.attempts === 1);
      await receiver.answer({ status: 200 });
      const sent =
        how === "replay"
          ? await org.call("POST", `${path}/deliveries/${eventId}/replay`)
          : await org.call("POST", `${path}/recover`, { since: "2020-01-01T00:00:00Z" });
      expect([sent.status, how === "replay" ? sent.body.attempts : sent.body], sent.text).toEqual([
        202,
        how === "replay" ? 0 : { recovered: 1, more: false },
      ]);
      await until(delivery, ({ body }) => body.status === "delivered" && body.attempts === 1);
      const [first, second] = await receiver.received();
      expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    },
  );
});

describe("a recovery", () => {
  it("sends again what failed or was cancelled since then, and nothing that was delivered or is older", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    const ids = await have(org, endpointId, [
      { status: "failed", daysAgo: 5 },
      { status: "failed", daysAgo: 2 },
      { status: "delivered", daysAgo: 2 },
      { status: "cancelled", daysAgo: 1 },
    ]);
    const since = new Date(Date.now() - 3 * 86_400_000).toISOString();
    const recovered = await org.call("POST", `${path}/recover`, { since });
    expect([recovered.status, recovered.body], recovered.text).toEqual([202, { recovered: 2, more: false }]);
    const received = await until(receiver.received, (all) => all.length === 2);
    expect(received.map(({ headers }) => headers["webhook-id"]).toSorted()).toEqual([ids[1], ids[3]].toSorted());
    await until(
      () => deliveriesOf(org, path, "?status=delivered"),
      (all) => all.length === 3,
    );
    expect(idsOf(await deliveriesOf(org, path, "?status=failed"))).toEqual([ids[0]]);
    const offset = since.replace("Z", "+00:00");
    expect((await org.call("POST", `${path}/recover`, { since: offset })).body).toEqual({ recovered: 0, more: false });
  });

  it("takes 500 at once, the oldest first, and says that there are more", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer(hangs);
    const ids = await have(
      org,
      endpointId,
      Array.from({ length: 503 }, (_, at) => ({ status: "failed" as const, daysAgo: at < 500 ? 2 : 1 })),
    );
    const since = new Date(Date.now() - 3 * 86_400_000).toISOString();
    expect((await org.call("POST", `${path}/recover`, { since })).body).toEqual({ recovered: 500, more: true });
    expect(idsOf(await deliveriesOf(org, path, "?status=failed")).toSorted()).toEqual(ids.slice(500).toSorted());
    expect((await org.call("POST", `${path}/recover`, { since })).body).toEqual({ recovered: 3, more: false });
  });

  it("says the truth to each of those who ask at the same moment", async () => {
    const org = await createOrganization();
    const { path, endpointId, receiver } = await newEndpoint(org);
    await receiver.answer(hangs);
    await have(org, endpointId, [{ status: "failed" }, { status: "cancelled" }]);
    const ask = () => org.call("POST", `${path}/recover`, { since: "2020-01-01T00:00:00Z" });
    const answers = await Promise.all([ask(), ask(), ask()]);
    const told = answers.filter(({ status }) => status === 202).reduce((sum, { body }) => sum + body.recovered, 0);
    expect(told).toBe(2);
    expect(answers.every(({ status }) => status === 202 || status === 409)).toBe(true);
  });

  it("needs a time, and an endpoint that is switched on", async () => {
    const org = await createOrganization();
    const { path } = await newEndpoint(org);
    for (const body of [{}, { since: "yesterday" }, { since: 0 }, { since: "2026-01-01T00:00:00Z", more: 1 }])
      expect((await org.call("POST", `${path}/recover`, body)).status, JSON.stringify(body)).toBe(400);
    await org.call("POST", `${path}/disable`);
    expect((await org.call("POST", `${path}/recover`, { since: "2026-01-01T00:00:00Z" })).body.code).toBe("state_conflict");
  });
});
