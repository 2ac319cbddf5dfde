import { env } from "cloudflare:workers";
import { describe, it } from "vitest";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { retentionDays } from "../../../src/features/telemetry/event.ts";
import { purgeTelemetry } from "../../../src/features/telemetry/index.ts";
import { runScheduledWork } from "../../../src/scheduled.ts";
import { failDatabase, ownerSees } from "../../support/harness.ts";
import { age, list, matchesOf, newWorld, record, start, toolCall, unreceipted, type World } from "./telemetry-world.ts";

const environment = requireEnvironment(env);
const dayMinutes = 24 * 60;
const ageDays = (world: World, days: number) => age(world, days * dayMinutes);
const kept = async ({ org }: World): Promise<unknown[]> =>
  (await ownerSees("select event_id from telemetry_events where org_id = $1 order by received_at, id", org.orgId)).map(
    (row) => row["event_id"],
  );
const logged = ({ org }: World) =>
  ownerSees("select actor, resource, change from audit_events where org_id = $1 and action = 'telemetry.purged' order by seq", org.orgId);
/** As if the call had been made so long ago; it is logged where it was. */
const ageCall = (invocationId: string, days: number) =>
  ownerSees(
    `do $$ begin alter table invocations disable trigger user;
       update invocations set created_at = created_at - interval '${days} days' where id = '${invocationId}';
       alter table invocations enable trigger user; end $$`,
  );

describe("what an agent told of itself", () => {
  it("is deleted after 90 days, once a day, with an event that says how many and up to when", async ({ expect }) => {
    const [world, other] = [await newWorld(), await newWorld()];
    const [first, second, third] = [start(), start(), start()];
    await record(world, first);
    await ageDays(world, 1.5);
    await record(world, second);
    await record(other, start());
    await ageDays(other, retentionDays + 0.5);
    await ageDays(world, retentionDays - 0.5);
    const untilThen = await ownerSees(
      "select received_at from telemetry_events where org_id = $1 and event_id = $2",
      world.org.orgId,
      second.id,
    );
    await record(world, third);
    await ageDays(world, 0.9);
    await purgeTelemetry(environment);
    // The other's is past its time by less than a day.
    expect([await kept(world), await kept(other)]).toEqual([[third.id], [expect.any(String)]]);
    const change = { events: 2, receivedUntil: expectedTime(untilThen, 0.9) };
    expect(await logged(world)).toEqual([{ actor: "system:telemetry", resource: world.org.orgId, change: await jsonDigest(change) }]);
    expect(await logged(other)).toEqual([]);
    await purgeTelemetry(environment);
    expect(await logged(world)).toHaveLength(1);
  });

  it("is deleted in the scheduled work, in batches, and by one of two that do it at once", async ({ expect }) => {
    const world = await newWorld();
    const told = Array.from({ length: 100 }, () => start());
    await record(world, ...told);
    await ownerSees(
      `do $$ begin set local session_replication_role = replica;
         insert into telemetry_events (org_id, id, agent_id, event_id, type, session_id, at, received_at, position)
           select org_id, id || n, agent_id, event_id, type, session_id, at, received_at, position
             from telemetry_events cross join generate_series(1, 24) n where org_id = '${world.org.orgId}'; end $$`,
    );
    await ageDays(world, retentionDays + 2);
    await record(world, start());
    await Promise.all([1, 2].map(() => runScheduledWork({ ok: true, env: environment }, new Date(), async () => undefined)));
    await purgeTelemetry(environment);
    expect([(await kept(world)).length, (await logged(world)).length]).toEqual([1, 2]);
  });

  it("does not keep what others told from being deleted where its own deletion fails", async ({ expect }) => {
    const worlds = [await newWorld(), await newWorld()];
    for (const world of worlds) {
      await record(world, start());
      await ageDays(world, retentionDays + 2);
    }
    await failDatabase(worlds[0]?.org.orgId ?? "", "down", 1);
    await purgeTelemetry(environment);
    expect(await Promise.all(worlds.map((world) => kept(world)))).toEqual([[expect.any(String)], []]);
    await purgeTelemetry(environment);
    expect(await Promise.all(worlds.map((world) => kept(world)))).toEqual([[], []]);
  });

  it("is listed for 90 days to the moment, deleted or not, and the list says since when", async ({ expect }) => {
    const world = await newWorld();
    await record(world, start());
    await ageDays(world, retentionDays - 0.001);
    const { items, since } = (await world.org.call("GET", "/v1/telemetry/events")).body;
    expect(items).toHaveLength(1);
    expect(Math.abs(Date.now() - Date.parse(since) - retentionDays * dayMinutes * 60_000)).toBeLessThan(60_000);
    await age(world, 2);
    expect([(await list(world)).length, (await kept(world)).length]).toEqual([0, 1]);
  });

  it("does not give an invocation to a second claim when the first one is deleted", async ({ expect }) => {
    const world = await newWorld();
    const { invocationId, receipt } = (await world.invoke({ orderId: "1", amount: 1 })).body;
    await record(world, toolCall(world, { invocationId }));
    await ageDays(world, 15);
    await record(world, toolCall(world, { invocationId }), toolCall(world, { receiptId: receipt.id }));
    await ageDays(world, retentionDays - 10);
    await ageCall(invocationId, retentionDays + 5);
    expect(await matchesOf(world)).toEqual(["unmatched", "unmatched"]);
    await purgeTelemetry(environment);
    expect(await kept(world)).toHaveLength(2);
    expect(await matchesOf(world)).toEqual(["unmatched", "unmatched"]);
    await ageDays(world, 30);
    await ageCall(invocationId, 30);
    await purgeTelemetry(environment);
    expect(await kept(world)).toEqual([]);
    await record(world, toolCall(world, { invocationId }), toolCall(world, { receiptId: receipt.id }));
    await age(world, 10);
    expect(await matchesOf(world)).toEqual(["unmatched", "unmatched"]);
  });

  it("leaves no exception behind, and what was made of one says nothing of a later one", async ({ expect }) => {
    const world = await newWorld();
    await record(world, toolCall(world));
    const [{ id }] = await unreceipted(world);
    await world.operator.call("POST", `/v1/exceptions/${id}/acknowledge`);
    await ageDays(world, retentionDays + 2);
    expect(await unreceipted(world)).toEqual([]);
    await purgeTelemetry(environment);
    expect(await kept(world)).toEqual([]);
    expect((await world.org.call("GET", `/v1/exceptions/${id}`)).status).toBe(404);
    await record(world, toolCall(world));
    expect(await unreceipted(world)).toMatchObject([{ id, status: "open", count: 1 }]);
    expect((await world.operator.call("POST", `/v1/exceptions/${id}/resolve`, {})).body.status).toBe("resolved");
  });
});

/** A row's time, aged by so many days more, as the API shows times. */
function expectedTime([row]: readonly Record<string, unknown>[], days: number): string {
  return new Date(new Date(String(row?.["received_at"])).getTime() - days * dayMinutes * 60_000).toISOString();
}
