import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { haltEndpoint } from "../../src/webhooks/poke-endpoint.ts";
import { sweepWebhooks } from "../../src/webhooks/sweep-webhooks.ts";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { openReceiver, setName } from "../support/webhook-receiver.ts";
import { openEndpoint, testEnv, until, untilTried, type TestEndpoint } from "./world.ts";

const alarmOf = (endpoint: TestEndpoint): Promise<number | null> =>
  runInDurableObject(endpoint.stub(), (_, { storage }) => storage.getAlarm());
const idsOf = (received: readonly { headers: Record<string, string> }[]) => received.map(({ headers }) => headers["webhook-id"]);
const statuses = async (endpoint: TestEndpoint) => (await endpoint.deliveries()).map(({ status }) => status);
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);
/** Ends the object where it stands, as a crash does. */
const crash = (endpoint: TestEndpoint) => runInDurableObject(endpoint.stub(), (_, state) => state.abort("crash")).catch(() => undefined);

describe("the object of an endpoint", () => {
  it("delivers everything that waits, more than a batch of it, each once, though it is poked again and again meanwhile", async () => {
    const receiver = await openReceiver({ status: 200, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    const ids = await endpoint.queue(70);
    await Promise.all(Array.from({ length: 10 }, endpoint.poke));
    const late: string[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      late.push(...(await endpoint.queue(3)));
      await Promise.all([endpoint.poke(), endpoint.poke()]);
      if (turn === 2) await receiver.release();
    }
    await untilTried(endpoint);
    expect(idsOf(await receiver.received()).toSorted()).toEqual([...ids, ...late].toSorted());
    expect(new Set(await statuses(endpoint))).toEqual(new Set(["delivered"]));
  });

  it("misses nothing that it is told of in the last moment of a run", async () => {
    const endpoint = await openEndpoint({ url: (await openReceiver()).url });
    await runInDurableObject(endpoint.stub(), (_, { storage }) => {
      const deleteAlarm = storage.deleteAlarm.bind(storage);
      storage.deleteAlarm = () => scheduler.wait(1_000).then(() => deleteAlarm());
    });
    await endpoint.poke();
    const hasLooked = () => runInDurableObject(endpoint.stub(), (_, { storage }) => storage.kv.get("address") === undefined);
    await until(hasLooked, (done) => done);
    await endpoint.queue();
    await endpoint.poke();
    await untilTried(endpoint);
  });

  it("keeps nothing once nothing waits", async () => {
    const endpoint = await openEndpoint({ url: (await openReceiver()).url });
    await endpoint.queue();
    await endpoint.poke();
    await untilTried(endpoint);
    const kept = () => runInDurableObject(endpoint.stub(), async (_, { storage }) => [...storage.kv.list(), await storage.getAlarm()]);
    await until(kept, (all) => all.length === 1 && all[0] === null);
  });

  it("begins with what has been due the longest", async () => {
    const receiver = await openReceiver({ status: 200, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    const newer = await endpoint.queue(12, minutesAgo(1));
    const older = await endpoint.queue(6, minutesAgo(2));
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 6);
    await receiver.release();
    await untilTried(endpoint);
    const order = idsOf(await receiver.received());
    expect(order.slice(0, 6).toSorted()).toEqual(older.toSorted());
    expect(order.slice(6).toSorted()).toEqual(newer.toSorted());
  });

  it("tries again when the schedule says so, by its own alarm, with the same id and body and the next number", async () => {
    const receiver = await openReceiver({ status: 500 }, { status: 200 });
    const endpoint = await openEndpoint({ url: receiver.url });
    const [id] = await endpoint.queue();
    await endpoint.poke();
    const [failed] = await untilTried(endpoint);
    expect(failed).toMatchObject({ status: "pending", attempts: 1, response_status: 500, failure: "status" });
    const due = Date.parse(failed?.next_attempt_at ?? "");
    expect(due - Date.parse(failed?.last_attempt_at ?? "")).toBeGreaterThanOrEqual(4_500);
    expect(due - Date.parse(failed?.last_attempt_at ?? "")).toBeLessThanOrEqual(5_500);
    await until(
      () => alarmOf(endpoint),
      (at) => at === due,
    );
    await until(endpoint.deliveries, ([one]) => one?.status === "delivered");
    const [first, second] = await receiver.received();
    expect([first?.headers["webhook-id"], second?.headers["webhook-id"]]).toEqual([id, id]);
    expect([first?.headers["armalo-attempt"], second?.headers["armalo-attempt"]]).toEqual(["1", "2"]);
    expect(first?.body).toBe(second?.body);
    expect(second?.at).toBeGreaterThanOrEqual(due - 50);
  });

  it.each([
    ["seconds", () => "600", 600_000],
    ["a date", () => new Date(Date.now() + 600_000).toUTCString(), 600_000],
    ["years", () => "999999999", 86_400_000],
    ["a negative number", () => "-600", 5_000],
    ["what nobody understands", () => "in a while", 5_000],
  ])("comes back no sooner than Retry-After in %s allows, and at most 24 hours later", async (_, header, expectedMs) => {
    const receiver = await openReceiver({ status: 429, headers: { "retry-after": header() } });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue();
    await endpoint.poke();
    const [delivery] = await untilTried(endpoint);
    const waitMs = Date.parse(delivery?.next_attempt_at ?? "") - Date.parse(delivery?.last_attempt_at ?? "");
    // A date was said before the attempt, in whole seconds.
    expect(waitMs).toBeGreaterThan(expectedMs * 0.9 - 500);
    expect(waitMs).toBeLessThanOrEqual(expectedMs * 1.1);
    expect(delivery).toMatchObject({ status: "pending", response_status: 429 });
  });

  it("holds up nobody else's deliveries while its receiver hangs, and sends no more of its own than six at a time", async () => {
    const [hung, well] = await Promise.all([openReceiver({ kind: "hang" }), openReceiver()]);
    const stuck = await openEndpoint({ url: hung.url });
    const other = await openEndpoint({ url: well.url, orgId: stuck.orgId });
    await Promise.all([stuck.queue(20), other.queue(20)]);
    await stuck.poke();
    await until(hung.received, (all) => all.length === 6);
    const startedMs = Date.now();
    await other.poke();
    await untilTried(other);
    expect(Date.now() - startedMs).toBeLessThan(5_000);
    expect(new Set(await statuses(other))).toEqual(new Set(["delivered"]));
    expect(await hung.received()).toHaveLength(6);
    await crash(stuck);
  });

  it("waits for what another machine's clock says is still to come, and delivers it by its alarm", async () => {
    const receiver = await openReceiver();
    const endpoint = await openEndpoint({ url: receiver.url });
    const due = new Date(Date.now() + 2_500);
    await endpoint.queue(1, due);
    await endpoint.poke();
    await until(endpoint.deliveries, ([one]) => one?.status === "delivered");
    expect((await receiver.received())[0]?.at).toBeGreaterThanOrEqual(due.getTime());
  });

  it("delivers a replayed event under the id that it always had", async () => {
    const receiver = await openReceiver();
    const endpoint = await openEndpoint({ url: receiver.url });
    const [id] = await endpoint.queue();
    await endpoint.poke();
    await untilTried(endpoint);
    await ownerSees("update webhook_deliveries set status = 'pending', attempts = 0, next_attempt_at = now() where event_id = $1", id);
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 2);
    const [first, again] = await receiver.received();
    expect([again?.headers["webhook-id"], again?.body]).toEqual([id, first?.body]);
  });

  it("sends nothing where the name has come to lead to a private address since it was registered", async () => {
    await setName("moved.acme.com", ["93.184.216.34", "192.168.0.9"]);
    const endpoint = await openEndpoint({ url: "https://moved.acme.com/hook" });
    await endpoint.queue();
    await endpoint.poke();
    expect(await untilTried(endpoint)).toMatchObject([{ status: "pending", attempts: 1, failure: "dns_refused", response_status: null }]);
  });
});

describe("an endpoint that takes nothing", () => {
  it.each([
    ["is disabled", { status: "disabled", disabledReason: "operator" }, "pro"],
    ["is deleted", { status: "deleted" }, "pro"],
    ["is on a plan without webhooks", {}, "free"],
  ] as const)("gets nothing where it %s, and what waited is cancelled", async (_, set, plan) => {
    const receiver = await openReceiver();
    const endpoint = await openEndpoint({ url: receiver.url, plan });
    await endpoint.queue(3);
    if (Object.keys(set).length > 0) await endpoint.change(set);
    await endpoint.poke();
    await until(
      () => statuses(endpoint),
      (all) => all.every((status) => status === "cancelled"),
    );
    expect(await receiver.received()).toEqual([]);
  });

  it("gets nothing more of a batch that was under way, once its object is told that it has changed", async () => {
    const receiver = await openReceiver({ status: 200, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue(40);
    await endpoint.poke();
    await until(receiver.received, (all) => all.length >= 6);
    await endpoint.change({ status: "disabled", disabledReason: "operator" });
    expect(await haltEndpoint(testEnv(), endpoint)).toBe(true);
    const sentUntilThen = (await receiver.received()).length;
    await receiver.release();
    const ended = await until(
      () => statuses(endpoint),
      (all) => !all.includes("pending"),
    );
    expect(ended.filter((status) => status === "delivered")).toHaveLength(sentUntilThen);
    expect(await receiver.received()).toHaveLength(sentUntilThen);
  });
});

describe("when something is killed", () => {
  it("finds by the sweep what was committed and never poked, and leaves alone what is not late", async () => {
    const [receiver, other] = await Promise.all([openReceiver(), openReceiver()]);
    const [endpoint, recent] = await Promise.all([openEndpoint({ url: receiver.url }), openEndpoint({ url: other.url })]);
    const [id] = await endpoint.queue(1, minutesAgo(1));
    await recent.queue();
    expect(await sweepWebhooks(testEnv(), new Date())).toBeGreaterThan(0);
    await untilTried(endpoint);
    expect(idsOf(await receiver.received())).toEqual([id]);
    expect(await other.received()).toEqual([]);
  });

  it("sends again, with the same id, what was sent and not recorded when the object was killed", async () => {
    const receiver = await openReceiver({ status: 200, held: true }, { status: 200 });
    const endpoint = await openEndpoint({ url: receiver.url });
    const [id] = await endpoint.queue();
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 1);
    await crash(endpoint);
    expect(await statuses(endpoint)).toEqual(["pending"]);
    // What it left behind for this: an alarm of its own.
    expect(await runDurableObjectAlarm(endpoint.stub())).toBe(true);
    await untilTried(endpoint);
    expect(idsOf(await receiver.received())).toEqual([id, id]);
    expect(await endpoint.deliveries()).toMatchObject([{ status: "delivered", attempts: 1 }]);
  });

  it("goes on from the database after it was evicted", async () => {
    const receiver = await openReceiver({ status: 500 }, { status: 200 });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue();
    await endpoint.poke();
    await untilTried(endpoint);
    await until(
      () => alarmOf(endpoint),
      (at) => at !== null,
    );
    await evictDurableObject(endpoint.stub());
    await until(endpoint.deliveries, ([one]) => one?.status === "delivered");
    expect(await receiver.received()).toHaveLength(2);
  });

  it("records what it sent once the database is back, and need not send again", async () => {
    const receiver = await openReceiver({ status: 200, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue();
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 1);
    await failDatabase(endpoint.orgId, "down", 2).then(receiver.release);
    await untilTried(endpoint);
    expect(await receiver.received()).toHaveLength(1);
    expect(await endpoint.deliveries()).toMatchObject([{ status: "delivered", attempts: 1 }]);
  });

  it("sends again, with the same id, where the database stays away longer than it can wait", async () => {
    const receiver = await openReceiver({ status: 200, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    const [id] = await endpoint.queue();
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 1);
    await failDatabase(endpoint.orgId, "down", 4).then(receiver.release);
    await until(receiver.received, (all) => all.length === 2);
    await untilTried(endpoint);
    expect(idsOf(await receiver.received())).toEqual([id, id]);
  });

  it("counts an attempt once where it was recorded and nobody learned so", async () => {
    const receiver = await openReceiver({ status: 500, held: true });
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue();
    await endpoint.poke();
    await until(receiver.received, (all) => all.length === 1);
    await failDatabase(endpoint.orgId, "after_commit", 1).then(receiver.release);
    await until(
      () => alarmOf(endpoint),
      (at) => at !== null && at - Date.now() < 10_000,
    );
    expect(await endpoint.deliveries()).toMatchObject([{ status: "pending", attempts: 1 }]);
    expect(await receiver.received()).toHaveLength(1);
  });

  it("waits for a database that is away, a bounded time, by an alarm that it sets anew itself", async () => {
    const receiver = await openReceiver();
    const endpoint = await openEndpoint({ url: receiver.url });
    await endpoint.queue();
    await failDatabase(endpoint.orgId, "down");
    await endpoint.poke();
    for (let failure = 0; failure < 12; failure += 1) {
      await until(
        () => alarmOf(endpoint),
        (at) => at !== null,
      );
      await runDurableObjectAlarm(endpoint.stub());
      const at = (await alarmOf(endpoint)) ?? 0;
      expect(at - Date.now()).toBeLessThanOrEqual(300_000);
    }
    expect(await receiver.received()).toEqual([]);
    await failDatabase(endpoint.orgId, "none");
    await runDurableObjectAlarm(endpoint.stub());
    await untilTried(endpoint);
    expect(await receiver.received()).toHaveLength(1);
  });
});
