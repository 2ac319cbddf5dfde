import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { notices } from "../../../src/db/schema/webhooks.ts";
import { requireEnvironment } from "../../../src/env.ts";
import { newId } from "../../../src/platform/ids.ts";
import { roundTrips } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";

describe("an organization's notices", () => {
  it("are shown newest first, a page at a time, in one round trip, and to no other organization", async () => {
    const [org, other] = [await createOrganization(), await createOrganization()];
    const resource = newId("webhookEndpoint");
    const rows = [3, 2, 1].map((daysAgo) => ({
      ...({ id: newId("notice"), kind: "webhook_failing", severity: "warning", subject: "Fails", text: "It fails.", resource } as const),
      createdAt: new Date(Date.now() - daysAgo * 86_400_000),
    }));
    const tenant = openSystemDb(requireEnvironment(env), org.orgId, "system:test");
    await tenant.write({ action: "webhook.delivery_failing", resource, change: {}, answer: null }, ({ orm, orgId }) => [
      orm.insert(notices).values(rows.map((row) => ({ ...row, orgId }))),
    ]);
    const first = await org.call("GET", "/v1/notices?limit=2");
    const rest = await org.call("GET", `/v1/notices?limit=2&cursor=${first.body.nextCursor}`);
    const shown = rows.toReversed().map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
    expect([...first.body.items, ...rest.body.items]).toEqual(shown);
    expect([rest.body.nextCursor, await roundTrips(first.requestId)]).toEqual([null, 1]);
    expect((await other.call("GET", "/v1/notices")).body).toEqual({ items: [], nextCursor: null });
  });
});
