import { describe, it } from "vitest";
import { readCheckoutReference } from "../../../src/access/checkout-reference.ts";
import { createCheckout } from "../../../src/features/billing/create-checkout.ts";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import type { WriteContext } from "../../../src/http/operation.ts";
import { newId } from "../../../src/platform/ids.ts";
import { metadataFor, newMembershipId, ofMembership, ofPayment, ownEnvironment, tellWhop } from "../../support/billing.ts";
import { ownerSees } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";
import { standIn } from "../../support/stand-in.ts";

const path = "/v1/billing/checkout";
type Whop = NonNullable<ReturnType<typeof ownEnvironment>["providers"]["whop"]>;

/** The verb, in a Worker with other settings of Whop. */
const withWhop = ({ orgId }: TestOrganization, change: Partial<Whop> | undefined) => {
  const own = ownEnvironment();
  const whop = change === undefined || own.providers.whop === undefined ? undefined : { ...own.providers.whop, ...change };
  const context = standIn<WriteContext<"checkout.created">>({
    env: { ...own, providers: { ...own.providers, whop } },
    now: new Date(),
    requestId: newId("request"),
    tenant: openSystemDb(own, orgId, "system:test"),
    principal: { kind: "person" },
  });
  return createCheckout(context, "pro");
};

describe("a checkout", () => {
  it("is a link of Whop's for the plan, with a reference that only we can make and that leads back to the organization", async ({
    expect,
  }) => {
    const org = await createOrganization({ plan: "free" });
    const owner = await signInAs(org, "owner");
    const made = await owner.call("POST", path, { plan: "pro" });
    expect([made.status, made.body.plan]).toEqual([201, "pro"]);
    const link = new URL(made.body.url);
    // What Whop's stand-in was asked for: it takes only what the real one's types have.
    expect([link.origin + link.pathname, link.searchParams.get("plan")]).toEqual([
      "https://whop.com/checkout/plan_whop_pro",
      "plan_whop_pro",
    ]);
    const armalo = link.searchParams.get("armalo");
    expect(armalo?.startsWith(`${made.body.id}.${org.orgId}.`)).toBe(true);
    expect(await readCheckoutReference(ownEnvironment(), armalo)).toBe(org.orgId);
    expect(await ownerSees("select action, actor from audit_events where org_id = $1 and resource = $2", org.orgId, made.body.id)).toEqual([
      { action: "checkout.created", actor: `member:${owner.memberId}` },
    ]);

    const told = await tellWhop(ofMembership("membership.activated", { id: newMembershipId(), metadata: { armalo } }));
    expect(told.body).toEqual({ status: "handled" });
    expect((await owner.call("GET", "/v1/billing")).body).toMatchObject({ plan: "pro", source: { kind: "subscription" } });
  });

  it("is for people who may pay: no key, no viewer or operator, and no page of another origin", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const byKey = await org.call("POST", path, { plan: "pro" });
    expect([byKey.status, byKey.body.code]).toEqual([403, "person_needed"]);
    for (const role of ["viewer", "operator"] as const) {
      const person = await signInAs(org, role);
      expect((await person.call("POST", path, { plan: "pro" })).body.code).toBe("forbidden");
      expect((await person.call("GET", "/v1/billing")).status).toBe(200);
    }
    const admin = await signInAs(org, "admin");
    expect((await admin.call("POST", path, { plan: "pro" }, { origin: "https://evil.example" })).body.code).toBe("origin_refused");
    expect((await admin.call("POST", path, { plan: "enterprise" })).status).toBe(201);
  });

  it("is refused for what is not sold, and for what holds already, so that nobody pays twice", async ({ expect }) => {
    const org = await createOrganization({ plan: "free" });
    const owner = await signInAs(org, "owner");
    expect((await owner.call("POST", path, { plan: "free" })).status).toBe(400);
    const [id, metadata] = [newMembershipId(), await metadataFor(org.orgId)];
    await tellWhop(ofMembership("membership.activated", { id, metadata, at: new Date(Date.now() - 60_000) }));
    const again = await owner.call("POST", path, { plan: "pro" });
    expect([again.status, again.body.code]).toEqual([409, "state_conflict"]);
    expect((await owner.call("POST", path, { plan: "enterprise" })).status).toBe(201);
    await tellWhop(ofPayment("payment.failed", { id }));
    expect((await owner.call("POST", path, { plan: "pro" })).status).toBe(201);
  });

  it("is not configured without Whop, its key, or the plan, and unavailable where Whop refuses, answers nonsense or is silent", async ({
    expect,
  }) => {
    const org = await createOrganization({ plan: "free" });
    for (const without of [undefined, { apiKey: undefined }, { plans: { plan_e: "enterprise" } }] as const)
      await expect(withWhop(org, without)).rejects.toMatchObject({ code: "not_configured" });
    for (const broken of [
      { plans: { plan_refused: "pro" } },
      { plans: { plan_without_url: "pro" } },
      { plans: { plan_with_script: "pro" } },
      { apiKey: "another key of nobody's" },
      { apiUrl: "http://127.0.0.1:9" },
    ] as const)
      await expect(withWhop(org, broken)).rejects.toMatchObject({ code: "unavailable" });
    expect(await ownerSees("select 1 from audit_events where org_id = $1 and action = 'checkout.created'", org.orgId)).toEqual([]);
  });
});
