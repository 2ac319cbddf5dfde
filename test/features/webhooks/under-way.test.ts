import { describe, expect, it } from "vitest";
import { ownerSees } from "../../support/harness.ts";
import { createOrganization } from "../../support/organization.ts";
import { openReceiver } from "../../support/webhook-receiver.ts";
import { newEndpoint } from "../../support/webhooks.ts";
import { openEndpoint, until } from "../../webhooks/world.ts";

/** As many as an endpoint's object has on the wire at once. */
const onTheWire = 6;
const queued = 30;

/** An endpoint whose object is in the middle of sending what it loaded at once, to a receiver that holds back its answers. */
async function sending() {
  const org = await createOrganization();
  const receiver = await openReceiver({ status: 200, held: true });
  const { endpointId, queue, poke } = await openEndpoint({ url: receiver.url, orgId: org.orgId });
  await queue(queued);
  await poke();
  await until(receiver.received, (all) => all.length === onTheWire);
  const count = async () => (await receiver.received()).length;
  return { org, path: `/v1/webhook-endpoints/${endpointId}`, receiver, count };
}

describe("what an endpoint's object has under way", () => {
  it("ends with the answer that the endpoint is switched off, but for the requests on the wire", async () => {
    const { org, path, count, receiver } = await sending();
    expect((await org.call("POST", `${path}/disable`)).status).toBe(200);
    await receiver.release();
    await scheduler.wait(1500);
    expect(await count()).toBe(onTheWire);
  });

  it("goes to the new URL once the answer says so", async () => {
    const { org, path, count, receiver } = await sending();
    const moved = await openReceiver();
    expect((await org.call("PATCH", path, { url: moved.url })).status).toBe(200);
    await receiver.release();
    await until(moved.received, (all) => all.length >= queued - onTheWire);
    expect(await count()).toBe(onTheWire);
  });

  it("is signed by the new secret too, once the answer shows it", async () => {
    const { org, path, count, receiver } = await sending();
    expect((await org.call("POST", `${path}/rotate-secret`)).status).toBe(200);
    await receiver.release();
    await until(count, (all) => all >= queued);
    const signed = (await receiver.received()).map(({ headers }) => headers["webhook-signature"]?.split(" ").length);
    expect(signed.filter((signatures) => signatures === 2)).toHaveLength(queued - onTheWire);
  });
});

describe("a test event, at the moment at which its endpoint is switched off", () => {
  it("is sent before it, or refused", async () => {
    const org = await createOrganization();
    const { path, endpointId } = await newEndpoint(org);
    const send = async () => (await org.call("POST", `${path}/test`)).status;
    const disable = async () => (await org.call("POST", `${path}/disable`)).status;
    const [off, ...sent] = await Promise.all([disable(), send(), send(), send(), send(), send()]);
    expect(off).toBe(200);
    expect(sent.every((status) => status === 202 || status === 409)).toBe(true);
    const events = await ownerSees(
      "select action from audit_events where org_id = $1 and resource = $2 order by seq desc",
      org.orgId,
      endpointId,
    );
    expect(events[0]).toEqual({ action: "webhook_endpoint.disabled" });
    expect(events.filter(({ action }) => action === "webhook.test_sent")).toHaveLength(sent.filter((status) => status === 202).length);
  });
});
