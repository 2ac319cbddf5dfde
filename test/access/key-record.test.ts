import { describe, expect, it } from "vitest";
import { decideKey, isAllowed, isWithin, type KeyClaim, type KeyRecord } from "../../src/access/key-record.ts";

const record: KeyRecord = { secretHash: "a".repeat(64), scopes: ["agents:read", "keys:read"], cidrs: [], agentId: null, diesAt: 2000 };
const claim: KeyClaim = { secretHash: "a".repeat(64), tokenScopes: null, scope: "agents:read", address: "203.0.113.9" };

describe("deciding on a key", () => {
  it("admits a living key with the scope until the very millisecond of its end", () => {
    expect(decideKey(record, claim, 1999).ok).toBe(true);
    expect(decideKey(record, claim, 2000)).toMatchObject({ ok: false, reason: "credential_refused" });
  });

  it("refuses an unknown key and a wrong secret alike", () => {
    expect(decideKey(undefined, claim, 0)).toMatchObject({ ok: false, reason: "credential_refused" });
    expect(decideKey(record, { ...claim, secretHash: "b".repeat(64) }, 0)).toMatchObject({ ok: false, reason: "credential_refused" });
  });

  it("gives a token only what both it and its key hold now", () => {
    const token = { ...claim, secretHash: null, tokenScopes: ["agents:read", "pacts:read"] } as const;
    expect(decideKey(record, token, 0)).toMatchObject({ ok: true, grant: { scopes: ["agents:read"] } });
    expect(decideKey(record, { ...token, scope: "pacts:read" }, 0)).toMatchObject({ ok: false, reason: "scope_denied" });
  });

  it("keeps to the address list, mapped IPv6 included, and refuses what it cannot read", () => {
    const cidrs = ["203.0.113.0/24", "2001:db8::/32"];
    expect(isAllowed(cidrs, "203.0.113.9")).toBe(true);
    expect(isAllowed(cidrs, "::ffff:203.0.113.9")).toBe(true);
    expect(isAllowed(cidrs, "2001:db8:1::1")).toBe(true);
    for (const address of ["203.0.114.1", "2001:db9::1", "", "unknown", null]) expect(isAllowed(cidrs, address)).toBe(false);
  });

  it("knows whether one block lies in another", () => {
    expect(isWithin("203.0.113.128/25", ["203.0.113.0/24"])).toBe(true);
    expect(isWithin("203.0.112.0/23", ["203.0.113.0/24"])).toBe(false);
    expect(isWithin("2001:db8::/48", ["0.0.0.0/0"])).toBe(false);
  });
});
