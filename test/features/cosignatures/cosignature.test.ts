import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pactStates } from "../../../src/db/schema/pacts.ts";
import { offerStateOf, standingOf, whyNotSignable } from "../../../src/features/cosignatures/cosignature.ts";

const now = new Date("2026-11-22T12:00:00.000Z");
const state = fc.constantFrom(...pactStates);
const digest = fc.constantFrom("sha256:a", "sha256:b");
const organization = fc.constantFrom("org_a", "org_b");

describe("a pact that is offered", () => {
  it("can be signed by another organization, while it is active, under its own digest, and else not", () => {
    fc.assert(
      fc.property(organization, organization, state, fc.option(digest), digest, (promisor, signer, pactState, promised, read) => {
        const refusal = whyNotSignable({ promisor, pact: { state: pactState, digest: promised } }, signer, read);
        expect(refusal === null).toBe(promisor !== signer && pactState === "active" && promised === read);
      }),
    );
  });
});

describe("a co-signature", () => {
  it("is current only while it is not withdrawn and the version that it names is active", () => {
    fc.assert(
      fc.property(fc.option(fc.constant(now)), state, (withdrawnAt, pactState) => {
        expect(standingOf(withdrawnAt, pactState) === "current").toBe(withdrawnAt === null && pactState === "active");
      }),
    );
    expect(standingOf(null, "superseded")).toBe("older_version");
    expect(standingOf(now, "superseded")).toBe("withdrawn");
  });
});

describe("an offer", () => {
  it("is open until the very millisecond that it expires, unless it was withdrawn; what was signed stays signed", () => {
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), fc.boolean(), fc.boolean(), (msLeft, isWithdrawn, isSigned) => {
        const offer = { expiresAt: new Date(now.getTime() + msLeft), withdrawnAt: isWithdrawn ? now : null };
        const expected = isSigned ? "signed" : isWithdrawn ? "withdrawn" : msLeft <= 0 ? "expired" : "open";
        expect(offerStateOf(offer, isSigned, now)).toBe(expected);
      }),
    );
  });
});
