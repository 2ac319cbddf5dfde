import { describe, expect, it } from "vitest";
import { failDatabase, ownerSees, roundTrips } from "./harness.ts";
import { createOrganization } from "./organization.ts";

describe("the tests' own ground", () => {
  it("gives each test an organization whose key the API admits, and counts its round trips", async () => {
    const { call, orgId } = await createOrganization();
    const answer = await call("GET", "/v1/keys");
    expect(answer.status).toBe(200);
    const again = await call("GET", "/v1/keys");
    expect(await roundTrips(again.requestId)).toBe(1);
    const events = await ownerSees("select action from audit_events where org_id = $1 order by seq", orgId);
    expect(events).toEqual([{ action: "organization.created" }, { action: "key.created" }]);
  });

  it("takes the database from one organization and leaves it to the others", async () => {
    const [unlucky, lucky] = await Promise.all([createOrganization(), createOrganization()]);
    await unlucky.call("GET", "/v1/keys");
    await failDatabase(unlucky.orgId, "down");
    expect((await unlucky.call("GET", "/v1/keys")).status).toBe(503);
    expect((await lucky.call("GET", "/v1/keys")).status).toBe(200);
    await failDatabase(unlucky.orgId, "none");
    expect((await unlucky.call("GET", "/v1/keys")).status).toBe(200);
  });
});
