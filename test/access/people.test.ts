import { describe, expect, it } from "vitest";
import { roundTrips } from "../support/harness.ts";
import { createOrganization } from "../support/organization.ts";
import { signInAs } from "../support/people.ts";

describe("a person who has signed in here", () => {
  it("is let in with the rights of the role, and the session costs no round trip once it is known", async () => {
    const org = await createOrganization();
    const viewer = await signInAs(org, "viewer");
    const first = await viewer.call("GET", "/v1/keys");
    expect([first.status, first.text]).toEqual([200, expect.stringContaining(org.keyId)]);
    const warm = await viewer.call("GET", "/v1/keys");
    expect(await roundTrips(warm.requestId)).toBe(1);
    const denied = await viewer.call("POST", "/v1/keys", { name: "x", scopes: ["keys:read"] });
    expect([denied.status, denied.body.code]).toEqual([403, "forbidden"]);
  });
});
