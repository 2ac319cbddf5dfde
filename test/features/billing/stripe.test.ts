import { describe, it } from "vitest";
import { graceMs } from "../../../src/features/billing/subscription.ts";
import { ofInvoice, ofSubscription, tellStripe } from "../../support/billing.ts";
import { linkProvider, ownerSees } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";

const billing = async (org: TestOrganization) => (await org.call("GET", "/v1/billing")).body;
const limitOf = async (org: TestOrganization): Promise<string | null> =>
  (await org.call("GET", "/v1/agents")).headers.get("x-ratelimit-limit");
const secondsAgo = (seconds: number): Date => new Date((Math.floor(Date.now() / 1000) - seconds) * 1000);

const linked = async (): Promise<{ org: TestOrganization; id: string }> => {
  const [org, id] = [await createOrganization({ plan: "free" }), `sub_${crypto.randomUUID()}`];
  await linkProvider(org.orgId, "stripe", id);
  return { org, id };
};

describe("a contract at Stripe from before", () => {
  it("follows what Stripe says of it once the administrator has linked it, and is shown as legacy", async ({ expect }) => {
    const { org, id } = await linked();
    expect((await tellStripe(ofSubscription("customer.subscription.updated", { id, at: secondsAgo(50) }))).body).toEqual({
      status: "handled",
    });
    expect(await limitOf(org)).toBe("600");
    const shown = { provider: "stripe", plan: "pro", status: "active", legacy: true };
    expect(await billing(org)).toMatchObject({ plan: "pro", source: { kind: "subscription" }, subscriptions: [shown] });
    await tellStripe(ofSubscription("customer.subscription.updated", { id, price: "price_enterprise", at: secondsAgo(40) }));
    expect(await limitOf(org)).toBe("6000");
    await tellStripe(ofSubscription("customer.subscription.deleted", { id, price: "price_enterprise", status: "canceled" }));
    expect([await limitOf(org), (await billing(org)).plan]).toEqual(["60", "free"]);
  });

  it("has seven days after a failed payment, which the payment ends", async ({ expect }) => {
    const { org, id } = await linked();
    const failedAt = secondsAgo(30);
    await tellStripe(ofSubscription("customer.subscription.updated", { id, at: secondsAgo(60) }));
    await tellStripe(ofInvoice("invoice.payment_failed", { id, at: failedAt }));
    await tellStripe(ofSubscription("customer.subscription.updated", { id, status: "past_due", at: secondsAgo(29) }));
    const grace = { status: "grace", graceUntil: new Date(failedAt.getTime() + graceMs).toISOString() };
    expect(await billing(org)).toMatchObject({ plan: "pro", subscriptions: [grace] });
    await tellStripe(ofInvoice("invoice.paid", { id, at: secondsAgo(10) }));
    expect(await billing(org)).toMatchObject({ plan: "pro", subscriptions: [{ status: "active", graceUntil: null }] });
  });

  it("takes the change of a plan that comes after the invoice for it, which is newer", async ({ expect }) => {
    const { org, id } = await linked();
    await tellStripe(ofSubscription("customer.subscription.updated", { id, at: secondsAgo(60) }));
    await tellStripe(ofInvoice("invoice.paid", { id, at: secondsAgo(10) }));
    await tellStripe(ofSubscription("customer.subscription.updated", { id, price: "price_enterprise", at: secondsAgo(20) }));
    expect((await billing(org)).plan).toBe("enterprise");
  });

  it("stays ended although an older word or a late invoice comes behind", async ({ expect }) => {
    const { org, id } = await linked();
    await tellStripe(ofSubscription("customer.subscription.updated", { id, at: secondsAgo(60) }));
    await tellStripe(ofSubscription("customer.subscription.deleted", { id, status: "canceled", at: secondsAgo(30) }));
    await tellStripe(ofSubscription("customer.subscription.updated", { id, at: secondsAgo(40) }));
    await tellStripe(ofInvoice("invoice.paid", { id, at: secondsAgo(10) }));
    expect(await billing(org)).toMatchObject({ plan: "free", subscriptions: [{ status: "ended" }] });
  });

  it("reads where the subscription stands in invoices of older versions of Stripe's API", async ({ expect }) => {
    const { org, id } = await linked();
    await tellStripe(ofSubscription("customer.subscription.updated", { id, at: secondsAgo(60) }));
    const { data, ...event } = ofInvoice("invoice.payment_failed", { id });
    await tellStripe({ ...event, data: { object: { id: "in_2", object: "invoice", subscription: { id } } } });
    expect(await billing(org)).toMatchObject({ subscriptions: [{ status: "grace" }] });
    expect(data.object).toBeDefined();
  });

  it("is not to be had any more: new checkouts, new subscriptions, unlinked ones and unknown prices are ignored and recorded", async ({
    expect,
  }) => {
    const { org, id } = await linked();
    for (const event of [
      ofSubscription("customer.subscription.created", { id }),
      { ...ofInvoice("checkout.session.completed", { id }), data: { object: { id: "cs_1", subscription: id, mode: "subscription" } } },
      ofSubscription("customer.subscription.updated", { id: `sub_${crypto.randomUUID()}` }),
      ofSubscription("customer.subscription.updated", { id, price: "price_of_something_else" }),
      ofInvoice("invoice.paid", { id }),
      ofSubscription("customer.tax_id.created", { id }),
    ]) {
      expect((await tellStripe(event)).body).toEqual({ status: "ignored" });
      expect(await ownerSees("select outcome, type from provider_events where event_id = $1", event.id)).toEqual([
        { outcome: "ignored", type: event.type },
      ]);
    }
    expect(await billing(org)).toMatchObject({ plan: "free", subscriptions: [] });
  });
});
