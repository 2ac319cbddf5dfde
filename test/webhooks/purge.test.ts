import { describe, expect, it } from "vitest";
import { purgeWebhooks } from "../../src/db/cross-tenant.ts";
import { runScheduledWork } from "../../src/scheduled.ts";
import { ownerSees } from "../support/harness.ts";
import { openReceiver } from "../support/webhook-receiver.ts";
import { openEndpoint, testEnv, untilTried, type TestEndpoint } from "./world.ts";

const age = (eventId: string | undefined, days: number) =>
  ownerSees(
    `do $$ begin
      set local session_replication_role = replica;
      update webhook_events set created_at = now() - ${days} * interval '1 day' where id = '${eventId}';
      update webhook_deliveries set created_at = now() - ${days} * interval '1 day' where event_id = '${eventId}';
    end $$`,
  );
const eventsOf = async ({ orgId }: TestEndpoint) =>
  (await ownerSees("select id from webhook_events where org_id = $1 order by id", orgId)).map(({ id }) => id);

describe("what is done every minute for webhooks", () => {
  it("drops events, and their deliveries, 30 days after they happened, but not while one is on its way", async () => {
    const endpoint = await openEndpoint({ url: (await openReceiver()).url });
    const [old, young] = await endpoint.queue(2);
    await endpoint.poke();
    await untilTried(endpoint);
    const [waiting] = await endpoint.queue(1, new Date(Date.now() + 3_600_000));
    await age(old, 31);
    await age(young, 29);
    await age(waiting, 31);
    expect(await purgeWebhooks(testEnv())).toBeGreaterThan(0);
    expect(await eventsOf(endpoint)).toEqual([young, waiting].toSorted());
    expect((await endpoint.deliveries()).map(({ event_id: id }) => id).toSorted()).toEqual([young, waiting].toSorted());
  });

  it("delivers what nobody was told of, and drops what is old, in the scheduled work", async () => {
    const receiver = await openReceiver();
    const endpoint = await openEndpoint({ url: receiver.url });
    const [id] = await endpoint.queue(1, new Date(Date.now() - 60_000));
    const [old] = await endpoint.queue(1, new Date(Date.now() + 3_600_000));
    await ownerSees("update webhook_deliveries set status = 'failed', next_attempt_at = null where event_id = $1", old);
    await age(old, 40);
    await runScheduledWork({ ok: true, env: testEnv() }, new Date(), async () => undefined);
    await untilTried(endpoint);
    expect((await receiver.received()).map(({ headers }) => headers["webhook-id"])).toEqual([id]);
    expect(await eventsOf(endpoint)).toEqual([id]);
  });
});
