import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { openWorld } from "../features/evals/run-world.ts";
import { createOrganization, type TestOrganization } from "../support/organization.ts";
import { newMember, newRoom } from "../support/rooms.ts";
import { openReceiver, type Receiver } from "../support/webhook-receiver.ts";
import { pactCases, pactOf, mute } from "./broken-pact.ts";
import { everyType } from "./hook-world.ts";

// From a change through the door to a receiver that a customer would write, with the library of Standard Webhooks.

type Listening = { readonly endpointId: string; readonly secret: string; readonly receiver: Receiver };

/** Registered as customers do it. */
async function listen(org: TestOrganization, eventTypes: readonly string[] = everyType): Promise<Listening> {
  const receiver = await openReceiver();
  const made = await org.call("POST", "/v1/webhook-endpoints", { url: receiver.url, eventTypes });
  expect(made.status, made.text).toBe(201);
  return { endpointId: made.body.id, secret: made.body.secret, receiver };
}

/** What came of a type, once so many have. */
async function arrived({ receiver }: Listening, type: string, count = 1) {
  const ofType = async () => (await receiver.received()).filter(({ body }) => JSON.parse(body).type === type);
  await expect.poll(ofType, { interval: 100 }).toHaveLength(count);
  return ofType();
}

describe("a change that an endpoint listens for", () => {
  it("arrives signed: the score that a run changed, and the pact that it broke", async () => {
    const world = await openWorld("echo", pactCases(2));
    const listening = await listen(world);
    const run = await world.finish({ mode: "production", pactId: await pactOf(world, [mute]) });
    for (const [type, data] of [
      ["score.changed", { agentId: world.agentId, to: { openCriticalViolations: 1 } }],
      ["pact.violated", { runId: run.id, conditions: [{ id: "mute", severity: "critical" }] }],
      ["eval.completed", { runId: run.id, verdict: run["verdict"] }],
    ] as const) {
      const [delivery] = await arrived(listening, type);
      const event = new Webhook(listening.secret).verify(delivery?.body ?? "", delivery?.headers ?? {});
      expect(event).toMatchObject({ id: delivery?.headers["webhook-id"], type, organizationId: world.orgId, data });
    }
  });

  it("arrives signed: who was put out of a room, and a key's whole life, each once", async () => {
    const org = await createOrganization();
    const listening = await listen(org);
    const { roomId } = await newRoom(org);
    const agentId = await newMember(org);
    await org.call("POST", `/v1/rooms/${roomId}/revocations`, { agentId });
    const { body: key } = await org.call("POST", "/v1/keys", { name: "k", scopes: ["agents:read"] });
    const { body: next } = await org.call("POST", `/v1/keys/${key.id}/rotate`, {});
    await org.call("POST", `/v1/keys/${next.id}/revoke`);
    for (const [type, data] of [
      ["room.member_revoked", { roomId, agentId }],
      ["key.created", { keyId: key.id }],
      ["key.rotated", { keyId: key.id, replacementId: next.id }],
      ["key.revoked", { keyId: next.id }],
    ] as const) {
      const [delivery] = await arrived(listening, type);
      expect(new Webhook(listening.secret).verify(delivery?.body ?? "", delivery?.headers ?? {})).toMatchObject({ type, data });
    }
    expect(await listening.receiver.received()).toHaveLength(4);
  });

  it("does not verify once a proxy has written its JSON anew, or with another's secret, id or time", async () => {
    const org = await createOrganization();
    const [listening, other] = [await listen(org, ["key.created"]), await listen(org, [])];
    await org.call("POST", "/v1/keys", { name: "k", scopes: ["agents:read"] });
    const [delivery] = await arrived(listening, "key.created");
    const { body = "", headers = {} } = delivery ?? {};
    const webhook = new Webhook(listening.secret);
    expect(webhook.verify(body, headers)).toMatchObject({ type: "key.created" });
    const rewritten = JSON.stringify(JSON.parse(body), null, 1);
    const { id, ...rest } = JSON.parse(body);
    for (const changed of [rewritten, JSON.stringify({ ...rest, id }), `${body}\n`, body.replace("agents:read", "agents:writ")])
      expect(() => webhook.verify(changed, headers)).toThrow(/signature/i);
    expect(() => new Webhook(other.secret).verify(body, headers)).toThrow(/signature/i);
    expect(() => webhook.verify(body, { ...headers, "webhook-id": `evt_${"0".repeat(22)}` })).toThrow(/signature/i);
    const later = String(Number(delivery?.headers["webhook-timestamp"]) + 1);
    expect(() => webhook.verify(body, { ...headers, "webhook-timestamp": later })).toThrow(/signature/i);
  });

  it("comes again with the same id and body where it is replayed, and verifies again", async () => {
    const org = await createOrganization();
    const listening = await listen(org, ["key.created"]);
    await org.call("POST", "/v1/keys", { name: "k", scopes: ["agents:read"] });
    const [first] = await arrived(listening, "key.created");
    const delivery = `/v1/webhook-endpoints/${listening.endpointId}/deliveries/${first?.headers["webhook-id"]}`;
    await expect.poll(async () => (await org.call("GET", delivery)).body.status).toBe("delivered");
    const replayed = await org.call("POST", `${delivery}/replay`);
    expect(replayed.status, replayed.text).toBeLessThan(300);
    const [, second] = await arrived(listening, "key.created", 2);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(second?.body).toBe(first?.body);
    expect(new Webhook(listening.secret).verify(second?.body ?? "", second?.headers ?? {})).toMatchObject({ type: "key.created" });
  });
});
