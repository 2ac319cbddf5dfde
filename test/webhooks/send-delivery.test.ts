import { Webhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, it } from "vitest";
import type { Attempt } from "../../src/webhooks/outcome.ts";
import { sendDelivery } from "../../src/webhooks/send-delivery.ts";
import { formatSecret, importHmacKey } from "../../src/webhooks/sign.ts";
import { openReceiver, setName, type Receiver } from "../support/webhook-receiver.ts";
import { testEnv, until } from "./world.ts";

const raw = crypto.getRandomValues(new Uint8Array(32));
const payload = JSON.stringify({ id: "evt_1", type: "webhook.test", data: { text: "ünïcödé  \u2028" } });

async function sendTo(url: string, { attempts = 0, timeoutMs = 5_000 } = {}): Promise<Attempt> {
  const signers = [{ scheme: "v1", key: await importHmacKey(raw) }] as const;
  return sendDelivery(testEnv(), { url, signers }, { eventId: "evt_1", payload, attempts }, timeoutMs);
}

const headersOf = async (receiver: Receiver, at = 0): Promise<Record<string, string>> => (await receiver.received())[at]?.headers ?? {};

describe("one attempt", () => {
  it.each([200, 201, 202, 204, 299])("is a success where the receiver answers %d", async (status) => {
    const receiver = await openReceiver({ status });
    expect(await sendTo(receiver.url)).toMatchObject({ status, failure: undefined });
  });

  it.each([400, 401, 404, 410, 418, 429, 500, 502, 503, 504])("is a failure where it answers %d", async (status) => {
    const receiver = await openReceiver({ status });
    expect(await sendTo(receiver.url)).toMatchObject({ status, failure: "status" });
  });

  it.each([301, 302, 303, 307, 308])("does not follow a %d, and the target sees nothing", async (status) => {
    const target = await openReceiver();
    const receiver = await openReceiver({ status, headers: { location: target.url } });
    expect(await sendTo(receiver.url)).toMatchObject({ status, failure: "redirect" });
    expect(await target.received()).toEqual([]);
  });

  it("sends the same id and bytes each time, and its number, signed so that other libraries verify it", async () => {
    const receiver = await openReceiver();
    await sendTo(receiver.url);
    await sendTo(receiver.url, { attempts: 6 });
    const all = await receiver.received();
    expect(all.map(({ body }) => body)).toEqual([payload, payload]);
    expect(all.map(({ headers }) => [headers["webhook-id"], headers["armalo-attempt"]])).toEqual([
      ["evt_1", "1"],
      ["evt_1", "7"],
    ]);
    for (const { headers, body } of all) {
      expect(new Webhook(formatSecret(raw)).verify(body, headers)).toEqual(JSON.parse(payload));
      expect(new SvixWebhook(formatSecret(raw)).verify(body, headers)).toEqual(JSON.parse(payload));
      expect(() => new Webhook(formatSecret(raw)).verify(JSON.stringify(JSON.parse(body), null, 1), headers)).toThrow();
    }
  });

  it("is stamped with the seconds of this moment", async () => {
    const receiver = await openReceiver();
    const before = Math.floor(Date.now() / 1000);
    await sendTo(receiver.url);
    const stamp = Number((await headersOf(receiver))["webhook-timestamp"]);
    expect(stamp - before).toBeGreaterThanOrEqual(0);
    expect(stamp - before).toBeLessThanOrEqual(5);
  });

  it("hands on what the receiver says of coming back, as it came", async () => {
    const receiver = await openReceiver({ status: 429, headers: { "retry-after": "-7, garbage" } });
    expect(await sendTo(receiver.url)).toMatchObject({ failure: "status", retryAfter: "-7, garbage" });
  });

  it("gives up on a receiver that takes it and never answers, and lets go of the connection", async () => {
    const receiver = await openReceiver({ kind: "hang" });
    const attempt = await sendTo(receiver.url, { timeoutMs: 300 });
    expect(attempt).toMatchObject({ status: null, failure: "timeout" });
    expect(attempt.ms).toBeGreaterThanOrEqual(290);
    await until(receiver.received, ([first]) => first?.letGo === true);
  });

  it("is a success at the status, however long the receiver goes on talking, and lets go of the connection", async () => {
    const receiver = await openReceiver({ kind: "stream" });
    const attempt = await sendTo(receiver.url);
    expect(attempt).toMatchObject({ status: 200, failure: undefined });
    expect(attempt.ms).toBeLessThan(4_000);
    await until(receiver.received, ([first]) => first?.letGo === true);
  });

  it("is a failure where the receiver closes the connection before it answers, or is not there", async () => {
    const receiver = await openReceiver({ kind: "cut" });
    expect(await sendTo(receiver.url)).toMatchObject({ status: null, failure: "network" });
    expect(await sendTo("http://127.0.0.1:9/")).toMatchObject({ status: null, failure: "network" });
  });

  it("goes nowhere but where it may go, whatever stands in the endpoint's row", async () => {
    for (const url of [
      "http://10.0.0.1/",
      "http://localhost:8080/",
      "https://user@hooks.acme.com/",
      "https://169.254.169.254/",
      "not a url",
    ])
      expect(await sendTo(url)).toMatchObject({ status: null, ms: null, failure: "refused_url" });
  });

  it("goes nowhere once the name leads to a private address, and says which way it failed", async () => {
    await setName("send.acme.com", ["10.0.0.5"]);
    expect(await sendTo("https://send.acme.com/hook")).toMatchObject({ status: null, failure: "dns_refused" });
    expect(await sendTo("https://unset.acme.com/hook")).toMatchObject({ status: null, failure: "dns_unreachable" });
  });

  it("does not go out unsigned", async () => {
    const receiver = await openReceiver();
    const sent = sendDelivery(testEnv(), { url: receiver.url, signers: [] }, { eventId: "evt_1", payload, attempts: 0 }, 1_000);
    await expect(sent).rejects.toThrow("no secret");
    expect(await receiver.received()).toEqual([]);
  });
});
