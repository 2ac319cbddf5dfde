import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { openReceiver } from "../support/webhook-receiver.ts";
import { openEndpoint, untilTried } from "./world.ts";

describe("a long queue", () => {
  it("calls out no more in one invocation than the platform allows: an alarm goes on with a long queue", async () => {
    const endpoint = await openEndpoint({ url: (await openReceiver()).url });
    await endpoint.queue(260);
    const begun: number[] = [];
    await runInDurableObject(endpoint.stub(), (_, { storage }) => {
      const setAlarm = storage.setAlarm.bind(storage);
      storage.setAlarm = (at) => {
        // What stands behind a run, and not what is to begin now.
        if (Number(at) > Date.now() + 30_000) begun.push(Number(at));
        return setAlarm(at);
      };
    });
    await endpoint.poke();
    await untilTried(endpoint);
    expect(new Set((await endpoint.deliveries()).map(({ status }) => status))).toEqual(new Set(["delivered"]));
    expect(begun.length).toBeGreaterThan(1);
  });
});
