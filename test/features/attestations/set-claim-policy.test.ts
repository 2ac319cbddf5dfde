import { describe, expect, it } from "vitest";
import { jsonDigest } from "../../../src/crypto/digest.ts";
import { eventsOf } from "../../audit/support.ts";
import { roundTrips, setClaimPolicy } from "../../support/harness.ts";
import { openPolicy } from "../../support/open-policy.ts";
import { createOrganization } from "../../support/organization.ts";
import { signInAs } from "../../support/people.ts";

const narrow = { rules: [] };

describe("the claim policy, set by the organization's own operators", () => {
  it("holds from then on, keeps those before it on record, and is audited as the person", async () => {
    const org = await createOrganization();
    await setClaimPolicy(org.orgId, openPolicy);
    const operator = await signInAs(org, "operator");
    const set = await operator.call("PUT", "/v1/claim-policy", narrow);
    expect([set.status, set.body]).toEqual([200, { number: 2, digest: await jsonDigest(narrow), policy: narrow }]);
    expect(await roundTrips(set.requestId)).toBe(2);
    expect((await org.call("GET", "/v1/claim-policy")).body).toEqual(set.body);
    const said = (await eventsOf(org)).filter(({ action }) => action === "claim_policy.set");
    expect(said.map(({ actor }) => actor)).toEqual(["admin:command", `member:${operator.memberId}`]);
  });

  it("is not a key's to set, nor a viewer's, nor of another form", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    const owner = await signInAs(org, "owner");
    expect((await org.call("PUT", "/v1/claim-policy", openPolicy)).body.code).toBe("person_needed");
    expect((await viewer.call("PUT", "/v1/claim-policy", openPolicy)).body.code).toBe("forbidden");
    expect((await owner.call("PUT", "/v1/claim-policy", { rules: [{}] })).body.code).toBe("invalid_request");
    expect((await org.call("GET", "/v1/claim-policy")).body.number).toBeNull();
  });

  it("that is set twice at once is set in some order, or once: never two of one number", async () => {
    const org = await createOrganization();
    const owner = await signInAs(org, "owner");
    const answers = await Promise.all(Array.from({ length: 6 }, () => owner.call("PUT", "/v1/claim-policy", openPolicy)));
    const numbers = answers.flatMap(({ status, body }) => (status === 200 ? [body.number] : []));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const { status } of answers) expect([200, 409]).toContain(status);
    expect(numbers.length).toBeGreaterThan(0);
  });
});
