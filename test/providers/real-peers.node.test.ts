import { Webhook as StandardWebhook } from "standardwebhooks";
import { Inngest } from "inngest";
import { serve } from "inngest/edge";
import { Stripe } from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { verifyWebhook } from "@clerk/backend/webhooks";
import { describe, expect, it } from "vitest";
import { signedHeaders } from "../support/sign-as-provider.ts";
import { bytes, judge, type Delivery } from "./deliveries.ts";

// The providers' own libraries sign what is verified here, and verify what the tests sign: nobody checks only themselves.

const now = new Date();
const seconds = Math.floor(now.getTime() / 1000);
const raw = JSON.stringify({ type: "organization.created", data: { id: "org_1", name: "Zoë’s – 東京" }, timestamp: 1 });
const svixSecret = `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}`;
const whopSecret = "ws_0123456789abcdef0123456789abcdef";
const stripeSecret = "whsec_0123456789abcdef0123456789abcdef";
const inngestKey = `signkey-prod-${"ab".repeat(32)}`;

const taken = (delivery: Omit<Delivery, "body" | "now" | "headers"> & { headers: Record<string, string>; raw: string }): Promise<string> =>
  judge({ ...delivery, headers: new Headers(delivery.headers), body: bytes(delivery.raw), now });

describe("what the providers' own libraries sign", () => {
  it("is taken from Svix, as Clerk sends it, and refused for another body", async () => {
    const signature = new SvixWebhook(svixSecret).sign("msg_1", now, raw);
    const headers = { "svix-id": "msg_1", "svix-timestamp": String(seconds), "svix-signature": signature };
    expect(await taken({ provider: "clerk", secrets: [svixSecret], headers, raw })).toBe("taken");
    expect(await taken({ provider: "clerk", secrets: [svixSecret], headers, raw: `${raw} ` })).toBe("bad_signature");
  });

  it("is taken from Standard Webhooks' library with a raw key, as Whop sends it, and refused for another body", async () => {
    const signature = new StandardWebhook(whopSecret, { format: "raw" }).sign("msg_1", now, raw);
    const headers = { "webhook-id": "msg_1", "webhook-timestamp": String(seconds), "webhook-signature": signature };
    expect(await taken({ provider: "whop", secrets: [whopSecret], headers, raw })).toBe("taken");
    expect(await taken({ provider: "whop", secrets: [whopSecret], headers, raw: `${raw} ` })).toBe("bad_signature");
  });

  it("is taken from Stripe, and refused a month ahead, where its own library takes it", async () => {
    const sign = (timestamp: number): string => Stripe.webhooks.generateTestHeaderString({ payload: raw, secret: stripeSecret, timestamp });
    const ask = (header: string) => taken({ provider: "stripe", secrets: [stripeSecret], headers: { "stripe-signature": header }, raw });
    expect(await ask(sign(seconds))).toBe("taken");
    const ahead = sign(seconds + 30 * 86_400);
    expect(Stripe.webhooks.constructEvent(raw, ahead, stripeSecret)).toBeDefined();
    expect(await ask(ahead)).toBe("bad_signature");
  });
});

describe("what the tests sign", () => {
  it("is taken by Clerk's library", async () => {
    const request = new Request("https://api.armalo.test/webhooks/clerk", {
      method: "POST",
      body: raw,
      headers: await signedHeaders("clerk", raw, { secret: svixSecret }),
    });
    expect((await verifyWebhook(request, { signingSecret: svixSecret })).type).toBe("organization.created");
  });

  it("is taken by Standard Webhooks' library and Stripe's", async () => {
    const whop = await signedHeaders("whop", raw, { secret: whopSecret });
    expect(new StandardWebhook(whopSecret, { format: "raw" }).verify(raw, whop)).toMatchObject({ type: "organization.created" });
    const stripe = await signedHeaders("stripe", raw, { secret: stripeSecret });
    expect(Stripe.webhooks.constructEvent(raw, stripe["stripe-signature"] ?? "", stripeSecret)).toBeDefined();
  });

  it("is taken by Inngest's handler exactly where it is taken here", async () => {
    const client = new Inngest({ id: "armalo", isDev: false, signingKey: inngestKey, baseUrl: "http://127.0.0.1:9" });
    const handler = serve({ client, functions: [client.createFunction({ id: "echo", triggers: [{ event: "a" }] }, () => "done")] });
    const body = { ctx: { run_id: "1", attempt: 0, stack: { stack: [], current: 0 } }, event: { name: "a", data: {} }, events: [], steps: {}, version: 1, use_api: false }; // prettier-ignore
    const text = JSON.stringify(body, undefined, 1);
    const ask = async (headers: Record<string, string>): Promise<[number, string]> => {
      const url = "http://127.0.0.1/webhooks/inngest?fnId=armalo-echo&stepId=step";
      const answer = await handler(
        new Request(url, { method: "POST", body: text, headers: { ...headers, host: "127.0.0.1", "content-type": "application/json" } }),
      );
      return [answer.status, await taken({ provider: "inngest", secrets: [inngestKey], headers, raw: text })];
    };
    const [status, verdict] = await ask(await signedHeaders("inngest", text, { secret: inngestKey }));
    expect([status < 300, verdict]).toEqual([true, "taken"]);
    expect(await ask(await signedHeaders("inngest", `${text.slice(0, -2)},"more":1}`, { secret: inngestKey }))).toEqual([
      401,
      "bad_signature",
    ]);
    const old = { secret: inngestKey, at: new Date(now.getTime() - 360_000) };
    expect(await ask(await signedHeaders("inngest", text, old))).toEqual([401, "bad_signature"]);
    const ahead = { secret: inngestKey, at: new Date(now.getTime() + 360_000) };
    expect(await ask(await signedHeaders("inngest", text, ahead))).toEqual([401, "bad_signature"]);
    expect(await ask({})).toEqual([401, "bad_signature"]);
  });
});
