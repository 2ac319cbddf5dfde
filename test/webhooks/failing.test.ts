import { describe, expect, it } from "vitest";
import { failingLimitMs } from "../../src/webhooks/outcome.ts";
import { nothingEnded, type Judged } from "../../src/webhooks/judge-batch.ts";
import { loadBatch, openDelivererDb } from "../../src/webhooks/load-batch.ts";
import { recordBatch } from "../../src/webhooks/record-batch.ts";
import { sendBatch } from "../../src/webhooks/send-batch.ts";
import type { Attempt, Health } from "../../src/webhooks/outcome.ts";
import { newId } from "../../src/platform/ids.ts";
import { failDatabase, ownerSees, roundTrips } from "../support/harness.ts";
import { freshHealth } from "../../src/features/webhooks/endpoint.ts";
import { openReceiver, type Receiver } from "../support/webhook-receiver.ts";
import { openEndpoint, testEnv, until, untilTried, type TestEndpoint } from "./world.ts";

const auditsOf = ({ endpointId }: TestEndpoint) =>
  ownerSees(
    "select action, actor from audit_events where resource = $1 and action in ('webhook.delivery_failing', 'webhook_endpoint.disabled') order by seq",
    endpointId,
  );
const noticesOf = ({ endpointId }: TestEndpoint) =>
  ownerSees("select kind, severity, subject, text from notices where resource = $1 order by id", endpointId);
const failingSince = ({ endpointId }: TestEndpoint, share: number) =>
  ownerSees(
    "update webhook_health set failing_since = now() - $2::float8 * interval '1 millisecond' where endpoint_id = $1",
    endpointId,
    share * failingLimitMs + 1_000,
  );

/** An endpoint that has failed for a share of the five days, and fails once more. */
async function failOnceMore(receiver: Receiver, share: number): Promise<TestEndpoint> {
  const endpoint = await openEndpoint({ url: receiver.url });
  await failingSince(endpoint, share);
  await endpoint.queue();
  await endpoint.poke();
  await untilTried(endpoint);
  return endpoint;
}

describe("an endpoint that fails and fails", () => {
  it("is told of in the log, to people and on the console, in one write, and each share of the way once", async () => {
    const receiver = await openReceiver({ status: 500 });
    const endpoint = await failOnceMore(receiver, 0.5);
    expect(await auditsOf(endpoint)).toEqual([{ action: "webhook.delivery_failing", actor: "system:webhooks" }]);
    const [notice, ...more] = await noticesOf(endpoint);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ kind: "webhook_failing", severity: "warning" });
    expect(notice?.["text"]).toContain("50 %");
    expect(JSON.stringify(notice)).not.toContain(receiver.url);
    await endpoint.queue(2);
    await endpoint.poke();
    await untilTried(endpoint);
    expect(await auditsOf(endpoint)).toHaveLength(1);
    await failingSince(endpoint, 0.9);
    await endpoint.queue();
    await endpoint.poke();
    await untilTried(endpoint);
    expect(await auditsOf(endpoint)).toHaveLength(3);
    expect((await noticesOf(endpoint)).map(({ severity }) => severity).toSorted()).toEqual(["critical", "warning", "warning"]);
    expect(await endpoint.show()).toMatchObject({ status: "enabled" });
  });

  it("is disabled after five days, what waits is cancelled, and the organization's other endpoints hear of it", async () => {
    const [bad, good] = await Promise.all([openReceiver({ status: 503 }), openReceiver()]);
    const endpoint = await openEndpoint({ url: bad.url, eventTypes: ["webhook.disabled"] });
    const other = await openEndpoint({ url: good.url, orgId: endpoint.orgId, eventTypes: ["webhook.disabled"] });
    await failingSince(endpoint, 1);
    await endpoint.queue(1);
    const later = await endpoint.queue(3, new Date(Date.now() + 3_600_000));
    await endpoint.poke();
    await until(endpoint.show, ({ status }) => status === "disabled");
    expect(await endpoint.show()).toMatchObject({ disabled_reason: "failing", revision: 2 });
    expect((await auditsOf(endpoint)).map(({ action }) => action)).toEqual([
      ...Array.from({ length: 4 }, () => "webhook.delivery_failing"),
      "webhook_endpoint.disabled",
    ]);
    expect((await noticesOf(endpoint)).map(({ kind }) => kind).toSorted()).toEqual([
      "webhook_disabled",
      ...Array.from({ length: 3 }, () => "webhook_failing"),
    ]);
    expect((await endpoint.deliveries()).map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => "cancelled"));
    expect(later).toHaveLength(3);
    const [told] = await until(good.received, (all) => all.length > 0);
    expect(JSON.parse(told?.body ?? "")).toMatchObject({
      type: "webhook.disabled",
      organizationId: endpoint.orgId,
      data: { endpointId: endpoint.endpointId, reason: "failing" },
    });
    expect(await bad.received()).toHaveLength(1);
    expect(await other.show()).toMatchObject({ status: "enabled" });
  });

  it("is healthy again after one success", async () => {
    const endpoint = await failOnceMore(await openReceiver({ status: 500 }, { status: 200 }), 0.7);
    expect(await endpoint.health()).toMatchObject({ alerted_percent: 70 });
    await endpoint.queue();
    await endpoint.poke();
    await until(endpoint.health, ({ alerted_percent: percent }) => percent === 0);
    expect(await endpoint.health()).toMatchObject({ failing_since: null });
  });
});

describe("an endpoint that says 410", () => {
  it("is disabled at once, and is sent nothing more", async () => {
    const receiver = await openReceiver({ status: 410 });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue(30);
    await endpoint.poke();
    await until(endpoint.show, ({ status }) => status === "disabled");
    expect(await endpoint.show()).toMatchObject({ disabled_reason: "gone" });
    expect((await auditsOf(endpoint)).map(({ action }) => action)).toEqual(["webhook_endpoint.disabled"]);
    expect((await noticesOf(endpoint)).map(({ kind }) => kind)).toEqual(["webhook_disabled"]);
    expect(new Set((await endpoint.deliveries()).map(({ status }) => status))).toEqual(new Set(["cancelled"]));
    // Those that were under way beside the first.
    expect((await receiver.received()).length).toBeLessThanOrEqual(6);
  });

  it("stays as its operator has just made it, and what it refused is sent to that", async () => {
    const [old, current] = await Promise.all([openReceiver({ status: 410, held: true }), openReceiver()]);
    const endpoint = await openEndpoint({ url: old.url });
    const [id] = await endpoint.queue();
    await endpoint.poke();
    await until(old.received, (all) => all.length === 1);
    await endpoint.change({ url: current.url, revision: 2 });
    await old.release();
    await until(endpoint.deliveries, ([one]) => one?.status === "delivered");
    expect((await current.received()).map(({ headers }) => headers["webhook-id"])).toEqual([id]);
    expect(await endpoint.show()).toMatchObject({ status: "enabled", revision: 2 });
    expect(await auditsOf(endpoint)).toEqual([]);
  });

  it("is disabled once where the database did so and nobody learned of it", async () => {
    const receiver = await openReceiver({ status: 410, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue();
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 1);
    await failDatabase(endpoint.orgId, "after_commit", 1).then(receiver.release);
    await until(endpoint.show, ({ status }) => status === "disabled");
    await scheduler.wait(1_500);
    expect(await auditsOf(endpoint)).toHaveLength(1);
    expect(await noticesOf(endpoint)).toHaveLength(1);
    expect(await receiver.received()).toHaveLength(1);
  });
});

/** What an endpoint's object does with a batch, in its two halves. */
function recordOf(endpoint: TestEndpoint) {
  const tenant = openDelivererDb(testEnv(), endpoint);
  const [now, eventId] = [new Date(), newId("auditEvent")];
  let health: Health = freshHealth;
  return {
    judge: async (attempt: Attempt): Promise<Judged> => {
      const loaded = await loadBatch(testEnv(), tenant, endpoint, now);
      if (loaded.kind !== "due") throw new Error(loaded.kind);
      health = loaded.health;
      return sendBatch(loaded.due, { health: loaded.health, send: async () => attempt, mayStart: () => true, jitter: () => 0.5 });
    },
    write: (judged: Judged) => recordBatch(tenant, { address: endpoint, revision: 1, health, judged, eventId, now }),
    trips: () => roundTrips(tenant.requestId),
  };
}

describe("a batch", () => {
  const attempts: readonly [string, Omit<Attempt, "at">, number][] = [
    ["that went well", { status: 200, ms: 1, failure: undefined, retryAfter: undefined }, 50],
    ["that disables the endpoint", { status: 410, ms: 1, failure: "status", retryAfter: undefined }, 60],
  ];
  it.each(attempts)("%s costs one round trip to read and one to write", async (_, attempt, expected) => {
    const endpoint = await openEndpoint({ url: "http://127.0.0.1:9/" });
    await endpoint.queue(60);
    const record = recordOf(endpoint);
    const judged = await record.judge({ ...attempt, at: new Date() });
    expect(await record.trips()).toBe(1);
    await record.write(judged);
    expect(await record.trips()).toBe(2);
    const ended = (await endpoint.deliveries()).filter(({ status }) => status !== "pending");
    expect(ended).toHaveLength(expected);
  });

  const failNow = (): Attempt => ({ at: new Date(), status: 500, ms: 1, failure: "status", retryAfter: undefined });

  it("changes nothing of a delivery that was cancelled or begun anew while it was under way", async () => {
    const endpoint = await openEndpoint({ url: "http://127.0.0.1:9/" });
    const [cancelled, restarted, usual] = await endpoint.queue(3);
    await ownerSees("update webhook_deliveries set attempts = 4 where event_id = $1", restarted);
    const [record, before] = [recordOf(endpoint), new Date()];
    const judged = await record.judge(failNow());
    await ownerSees("update webhook_deliveries set status = 'cancelled', next_attempt_at = null where event_id = $1", cancelled);
    await ownerSees("update webhook_deliveries set attempts = 0, next_attempt_at = $2 where event_id = $1", restarted, before);
    await record.write(judged);
    const ends = new Map((await endpoint.deliveries()).map(({ event_id: id, ...rest }) => [id, rest]));
    expect(ends.get(cancelled ?? "")).toMatchObject({ status: "cancelled", attempts: 0, response_status: null });
    expect(ends.get(restarted ?? "")).toMatchObject({ status: "pending", attempts: 0, response_status: null });
    expect(ends.get(usual ?? "")).toMatchObject({ status: "pending", attempts: 1, response_status: 500 });
  });

  it("does not bring back failures that the operator has forgiven while it was under way", async () => {
    const endpoint = await openEndpoint({ url: "http://127.0.0.1:9/" });
    await failingSince(endpoint, 0.4);
    await endpoint.queue();
    const record = recordOf(endpoint);
    const judged = await record.judge(failNow());
    await ownerSees("update webhook_health set failing_since = null, alerted_percent = 0 where endpoint_id = $1", endpoint.endpointId);
    await record.write(judged);
    expect(await endpoint.health()).toMatchObject({ failing_since: null, alerted_percent: 0 });
    expect((await endpoint.health())["last_failure_at"]).not.toBeNull();
  });

  it("cancels nothing of an endpoint that was enabled after it was found to be disabled", async () => {
    const endpoint = await openEndpoint({ url: "http://127.0.0.1:9/" });
    await endpoint.change({ status: "disabled", disabledReason: "operator" });
    const [waited] = await endpoint.queue();
    const tenant = openDelivererDb(testEnv(), endpoint);
    const enabledMeanwhile: typeof tenant = {
      ...tenant,
      read: async (build) => {
        const seen = await tenant.read(build);
        await endpoint.change({ status: "enabled", disabledReason: null });
        return seen;
      },
    };
    expect(await loadBatch(testEnv(), enabledMeanwhile, endpoint, new Date())).toMatchObject({ kind: "closed" });
    expect(await endpoint.deliveries()).toMatchObject([{ event_id: waited, status: "pending" }]);
  });

  it("counts as a failed attempt what cannot even be sent, and records the rest", async () => {
    const due = Array.from({ length: 20 }, (_, at) => ({ eventId: `evt_${at}`, payload: "", attempts: 0 }));
    const send = async ({ eventId }: { eventId: string }): Promise<Attempt> => {
      if (eventId === "evt_3") throw new Error("nobody can send that");
      return { at: new Date(), status: 200, ms: 5, failure: undefined, retryAfter: undefined };
    };
    const { changes } = await sendBatch(due, { health: freshHealth, send, mayStart: () => true, jitter: () => 0.5 });
    expect(changes.filter(({ status }) => status === "delivered")).toHaveLength(19);
    expect(changes.find(({ eventId }) => eventId === "evt_3")).toMatchObject({ status: "pending", attempts: 1, failure: "not_sent" });
  });

  it("tells people once, however often it is written", async () => {
    const endpoint = await openEndpoint({ url: "http://127.0.0.1:9/" });
    await failingSince(endpoint, 0.5);
    await endpoint.queue();
    const record = recordOf(endpoint);
    const judged = await record.judge(failNow());
    for (let time = 0; time < 3; time += 1) await record.write(judged);
    expect(await auditsOf(endpoint)).toHaveLength(1);
    expect(await noticesOf(endpoint)).toHaveLength(1);
    expect(await endpoint.deliveries()).toMatchObject([{ attempts: 1, status: "pending" }]);
  });

  it("starts nothing more once it may not, and leaves the rest as it was", async () => {
    const due = Array.from({ length: 20 }, (_, at) => ({ eventId: `evt_${at}`, payload: "", attempts: 0 }));
    let [sent, open, most] = [0, 0, 0];
    const send = async (): Promise<Attempt> => {
      sent += 1;
      most = Math.max(most, (open += 1));
      await scheduler.wait(5);
      open -= 1;
      return { at: new Date(), status: 200, ms: 5, failure: undefined, retryAfter: undefined };
    };
    const { health } = nothingEnded(freshHealth);
    const judged = await sendBatch(due, { health, send, mayStart: () => sent < 9, jitter: () => 0.5 });
    expect({ sent, most, recorded: judged.changes.length }).toEqual({ sent: 9, most: 6, recorded: 9 });
  });
});
