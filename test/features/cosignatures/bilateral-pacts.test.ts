import { describe, expect, it } from "vitest";
import { roundTrips } from "../../support/harness.ts";
import { cosign, newActivePact, offered, tokenOf } from "../../support/bilateral.ts";
import { createOrganization } from "../../support/organization.ts";

describe("a bilateral pact", () => {
  it("is offered by one organization, read and co-signed by another, and seen by both", async () => {
    const [a, b] = await Promise.all([createOrganization(), createOrganization()]);
    const pact = await newActivePact(a);
    const offer = await a.call("POST", `/v1/pacts/${pact.id}/offers`, { counterparty: b.orgId });
    expect(offer.status, offer.text).toBe(201);
    expect(await roundTrips(offer.requestId)).toBe(2);
    const token = tokenOf(offer.body);
    const read = await b.call("GET", `/v1/offered-pacts/${token}`);
    expect(read.status, read.text).toBe(200);
    expect(await roundTrips(read.requestId)).toBe(1);
    const signed = await cosign(b, token, read.body.pact.digest);
    expect(signed.status, signed.text).toBe(201);
    expect(await roundTrips(signed.requestId)).toBe(2);
    const mine = await b.call("GET", `/v1/pact-cosignatures/${signed.body.id}`);
    expect(mine.body).toEqual(signed.body);
    const theirs = await a.call("GET", `/v1/pact-offers/${offer.body.id}`);
    expect(theirs.status, theirs.text).toBe(200);
    console.log(JSON.stringify([read.body, signed.body, theirs.body], null, 1));
    void offered;
  });
});
