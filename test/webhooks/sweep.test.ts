import { describe, expect, it } from "vitest";
import { findDueWebhooks } from "../../src/db/cross-tenant.ts";
import { openEndpoint, testEnv } from "./world.ts";

describe("the sweep", () => {
  it("comes to every late endpoint, though there are always more than it wakes at once, and some are always late", async () => {
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);
    const endpoints = [await openEndpoint({ url: "http://127.0.0.1:9/" }), await openEndpoint({ url: "http://127.0.0.1:9/" })];
    for (const [at, { queue }] of endpoints.entries()) await queue(1, daysAgo(20 - at));
    const seen = new Set<string>();
    for (let turn = 0; turn < 60 && seen.size < 2; turn += 1)
      for (const { endpointId } of await findDueWebhooks(testEnv(), daysAgo(10), 1)) seen.add(endpointId);
    expect(seen).toEqual(new Set(endpoints.map(({ endpointId }) => endpointId)));
  });
});
