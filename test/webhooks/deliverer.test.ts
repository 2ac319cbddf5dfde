import { describe, expect, it } from "vitest";
import { Webhook } from "standardwebhooks";
import { openReceiver } from "../support/webhook-receiver.ts";
import { openEndpoint, untilTried } from "./world.ts";

describe("the object of an endpoint", () => {
  it("delivers what is queued once it is poked, signed so that Standard Webhooks verifies it", async () => {
    const receiver = await openReceiver();
    const endpoint = await openEndpoint({ url: receiver.url });
    const [eventId] = await endpoint.queue();
    await endpoint.poke();
    expect(await untilTried(endpoint)).toMatchObject([
      { event_id: eventId, status: "delivered", attempts: 1, response_status: 200, failure: null },
    ]);
    const [received] = await receiver.received();
    expect(received?.headers).toMatchObject({ "webhook-id": eventId, "armalo-attempt": "1", "content-type": "application/json" });
    expect(new Webhook(endpoint.secret ?? "").verify(received?.body ?? "", received?.headers ?? {})).toMatchObject({ id: eventId });
  });
});
