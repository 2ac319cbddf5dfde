import { describe, it } from "vitest";
import { plans } from "../../../src/access/plans.ts";
import { lapseGrace } from "../../../src/features/billing/index.ts";
import { graceMs } from "../../../src/features/billing/subscription.ts";
import { metadataFor, newMembershipId, ofMembership, ofPayment, ownEnvironment, tellWhop } from "../../support/billing.ts";
import { failDatabase, ownerSees } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";

const limitOf = async (org: TestOrganization): Promise<string | null> =>
  (await org.call("GET", "/v1/agents")).headers.get("x-ratelimit-limit");
const billing = async (org: TestOrganization) => (await org.call("GET", "/v1/billing")).body;
const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);

describe("a plan that Whop sells", () => {
  it("decides the very next request once Whop was answered, and ends with the membership", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    expect(await limitOf(org)).toBe("60");
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    const told = await tellWhop(ofMembership("membership.activated", { id, metadata }));
    expect([told.status, told.body]).toEqual([200, { status: "handled" }]);
    expect(await limitOf(org)).toBe("600");
    expect(await billing(org)).toMatchObject({
      plan: "pro",
      source: { kind: "subscription" },
      subscriptions: [{ provider: "whop", plan: "pro", status: "active", legacy: false, graceUntil: null }],
      limits: plans.pro,
    });
    const ended = await tellWhop(ofMembership("membership.deactivated", { id, metadata, status: "canceled" }));
    expect(ended.body).toEqual({ status: "handled" });
    expect(await limitOf(org)).toBe("60");
    expect(await billing(org)).toMatchObject({ plan: "free", source: { kind: "granted" }, subscriptions: [{ status: "ended" }] });
  });

  it("is known by its membership alone from the first event on", async ({ expect }) => {
    const [org, other] = [await createOrganization({ plan: "free" }), await createOrganization({ plan: "free" })];
    const id = newMembershipId();
    await tellWhop(ofMembership("membership.activated", { id, metadata: await metadataFor(org.orgId), at: daysAgo(2) }));
    const told = await tellWhop(
      ofMembership("membership.deactivated", { id, metadata: await metadataFor(other.orgId), status: "expired" }),
    );
    expect(told.body).toEqual({ status: "handled" });
    expect([(await billing(org)).plan, (await billing(other)).subscriptions]).toEqual(["free", []]);
  });

  it("has each event have its effect once, and answers a repeat without one", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    const event = ofMembership("membership.activated", { id, metadata });
    const answers = await Promise.all(Array.from({ length: 4 }, () => tellWhop(event, { id: `msg_${id}` })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(answers.map(({ body }) => body.status).toSorted()).toEqual(["duplicate", "duplicate", "duplicate", "handled"]);
    const events = await ownerSees("select action from audit_events where org_id = $1 and action like '%.changed' order by seq", org.orgId);
    expect(events).toEqual([{ action: "subscription.changed" }, { action: "plan.changed" }]);
  });

  it("does not go back to what was told before something newer", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    const [long, since, lately] = [daysAgo(3), daysAgo(2), daysAgo(1)];
    await tellWhop(ofMembership("membership.activated", { id, metadata, at: since }));
    await tellWhop(ofMembership("membership.deactivated", { id, metadata, status: "canceled", at: lately }));
    for (const at of [long, since]) {
      const late = await tellWhop(ofMembership("membership.activated", { id, metadata, plan: "plan_whop_pro", at }));
      expect([late.status, late.body, (await billing(org)).plan]).toEqual([200, { status: "stale" }, "free"]);
    }
    // Nor does one from in between revive what has ended since, though it says something new.
    await tellWhop(ofMembership("membership.activated", { id, metadata, plan: "plan_whop_enterprise", at: new Date(since.getTime() + 1) }));
    expect((await billing(org)).plan).toBe("free");
  });

  it("holds on for seven days after a payment failed, tells so, and lapses with the scheduled work", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    const failedAt = daysAgo(1);
    await tellWhop(ofMembership("membership.activated", { id, metadata, at: daysAgo(30) }));
    expect((await tellWhop(ofPayment("payment.failed", { id, at: failedAt }))).body).toEqual({ status: "handled" });
    expect((await tellWhop(ofPayment("payment.failed", { id }))).body).toEqual({ status: "handled" });
    const graceUntil = new Date(failedAt.getTime() + graceMs);
    expect(await billing(org)).toMatchObject({ plan: "pro", subscriptions: [{ status: "grace", graceUntil: graceUntil.toISOString() }] });
    const notices = () => ownerSees("select kind from notices where org_id = $1 order by created_at, kind", org.orgId);
    expect(await notices()).toEqual([{ kind: "plan_changed" }, { kind: "payment_failed" }]);

    await lapseGrace(ownEnvironment(), new Date(graceUntil.getTime() - 1));
    expect(await limitOf(org)).toBe("600");
    await lapseGrace(ownEnvironment(), graceUntil);
    expect(await limitOf(org)).toBe("60");
    expect(await notices()).toEqual([{ kind: "plan_changed" }, { kind: "payment_failed" }, { kind: "plan_changed" }]);
    await tellWhop(ofPayment("payment.succeeded", { id, at: new Date(Date.now() + 1000) }));
    expect(await limitOf(org)).toBe("600");
  });

  it("lapses although another organization's database is away just then", async ({ expect }) => {
    const orgs = await Promise.all([1, 2].map(() => createOrganization({ plan: "free" })));
    const failedAt = daysAgo(1);
    for (const [index, org] of orgs.entries()) {
      const id = newMembershipId();
      await tellWhop(ofMembership("membership.activated", { id, metadata: await metadataFor(org.orgId), at: daysAgo(30) }));
      await tellWhop(ofPayment("payment.failed", { id, at: new Date(failedAt.getTime() + index) }));
    }
    const [first, second] = [orgs[0], orgs[1]];
    if (first === undefined || second === undefined) throw new Error("two organizations were made");
    const later = new Date(failedAt.getTime() + graceMs + 1000);
    await failDatabase(first.orgId, "down");
    await lapseGrace(ownEnvironment(), later);
    await failDatabase(first.orgId, "none");
    expect([(await billing(first)).plan, (await billing(second)).plan]).toEqual(["pro", "free"]);
    await lapseGrace(ownEnvironment(), later);
    expect((await billing(first)).plan).toBe("free");
  });

  it("is not ended by a membership that pauses because a payment is owed", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    await tellWhop(ofMembership("membership.activated", { id, metadata, at: daysAgo(30) }));
    await tellWhop(ofMembership("membership.deactivated", { id, metadata, status: "past_due" }));
    expect(await billing(org)).toMatchObject({ plan: "pro", subscriptions: [{ status: "grace" }] });
  });

  it("is the best of several, whichever of them ends", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const metadata = await metadataFor(org.orgId);
    const [pro, enterprise] = [newMembershipId(), newMembershipId()];
    await Promise.all([
      tellWhop(ofMembership("membership.activated", { id: pro, metadata, at: daysAgo(3) })),
      tellWhop(ofMembership("membership.activated", { id: enterprise, metadata, plan: "plan_whop_enterprise", at: daysAgo(3) })),
    ]);
    expect(await limitOf(org)).toBe("6000");
    await Promise.all([
      tellWhop(ofMembership("membership.deactivated", { id: enterprise, status: "canceled" })),
      tellWhop(ofMembership("membership.deactivated", { id: pro, status: "canceled" })),
    ]);
    expect([await limitOf(org), (await billing(org)).plan]).toEqual(["60", "free"]);
  });

  it("never falls below what was granted", async ({ expect }) => {
    const org = await createOrganization({ plan: "pro" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    await tellWhop(ofMembership("membership.activated", { id, metadata, plan: "plan_whop_enterprise", at: daysAgo(1) }));
    expect((await billing(org)).plan).toBe("enterprise");
    await tellWhop(ofMembership("membership.deactivated", { id, status: "canceled" }));
    expect(await billing(org)).toMatchObject({ plan: "pro", source: { kind: "granted" } });
  });
});

describe("what Whop tells that is none of an organization's business", () => {
  it("is ignored, recorded and changes nothing: other types, plans that are not ours, and references that we did not make", async ({
    expect,
  }) => {
    const org = await createOrganization({ plan: "free" });
    const metadata = await metadataFor(org.orgId);
    const forged = { armalo: metadata.armalo.replace(/.$/, (last) => (last === "0" ? "1" : "0")) };
    const moved = { armalo: (await metadataFor(org.orgId)).armalo.replace(/^chk_.{22}/, metadata.armalo.slice(0, 26)) };
    for (const event of [
      ofMembership("membership.trial_ending_soon", { id: newMembershipId(), metadata }),
      ofMembership("membership.activated", { id: newMembershipId(), metadata, plan: "plan_of_something_else" }),
      ofMembership("membership.activated", { id: newMembershipId(), metadata: forged }),
      ofMembership("membership.activated", { id: newMembershipId(), metadata: moved }),
      ofMembership("membership.activated", { id: newMembershipId() }),
      { type: "never.heard_of", data: null },
    ]) {
      const id = `msg_${crypto.randomUUID()}`;
      const answer = await tellWhop(event, { id });
      expect([answer.status, answer.body]).toEqual([200, { status: "ignored" }]);
      expect(await ownerSees("select outcome, type from provider_events where event_id = $1", id)).toEqual([
        { outcome: "ignored", type: event.type },
      ]);
    }
    expect(await billing(org)).toMatchObject({ plan: "free", subscriptions: [] });
  });

  it("is a 400 where a known type has an unknown form, so that Whop shows its operator that something is wrong", async ({ expect }) => {
    const answer = await tellWhop({ type: "membership.activated", timestamp: new Date().toISOString(), data: { status: "active" } });
    expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([400, "invalid_request", "body.id"]);
  });

  it("leaves no payer's name or address in the log", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    await tellWhop(ofMembership("membership.activated", { id, metadata }));
    await tellWhop(ofPayment("payment.failed", { id, metadata }));
    const kept = await ownerSees(
      `select to_jsonb(e) as row from audit_events e where org_id = $1 union all select to_jsonb(s) from subscriptions s where org_id = $1
       union all select to_jsonb(n) from notices n where org_id = $1 union all select to_jsonb(p) from provider_events p where org_id = $1`,
      org.orgId,
    );
    expect(kept.length).toBeGreaterThan(6);
    expect(JSON.stringify(kept)).not.toMatch(/lovelace|ada@|example\.com|1 Street|user_1/i);
  });
});
