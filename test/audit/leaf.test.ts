import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auditLeaf, leafHash, type LeafEvent } from "../../src/audit/leaf.ts";
import { canonicalJson } from "../../src/crypto/canonical-json.ts";
import { toHex } from "../../src/crypto/encoding.ts";

const event: LeafEvent = {
  orgId: "org_0000000000000000000001",
  seq: 7,
  id: "aud_0000000000000000000002",
  at: new Date("2026-01-02T03:04:05.006Z"),
  actor: "key:key_0000000000000000000003",
  action: "agent.created",
  resource: "agt_0000000000000000000004",
  change: "sha256:00",
  commitment: null,
  requestId: "req_0000000000000000000005",
};

describe("an event's leaf", () => {
  it("has the shape and the hash that it will always have", () => {
    expect(canonicalJson(auditLeaf(event))).toBe(
      '{"action":"agent.created","actor":"key:key_0000000000000000000003","at":"2026-01-02T03:04:05.006Z","change":"sha256:00","commitment":null,"id":"aud_0000000000000000000002","orgId":"org_0000000000000000000001","requestId":"req_0000000000000000000005","resource":"agt_0000000000000000000004","seq":7,"v":1}',
    );
    expect(toHex(leafHash(event))).toBe("b607eb914a203b029e78a8f203e8954794b6c38ad1aabba9c573ebb144d058fe");
  });

  it("changes with every field", () => {
    const others: LeafEvent[] = [
      { ...event, orgId: "org_2" },
      { ...event, seq: 8 },
      { ...event, id: "aud_3" },
      { ...event, at: new Date(event.at.getTime() + 1) },
      { ...event, actor: "system:x" },
      { ...event, action: "agent.updated" },
      { ...event, resource: "agt_5" },
      { ...event, change: "sha256:01" },
      { ...event, commitment: "" },
      { ...event, requestId: "req_6" },
    ];
    const hashes = [event, ...others].map((one) => toHex(leafHash(one)));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("is the same for equal events, whatever the order of their members", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(Object.keys(event), { minLength: 10 }), (names) => {
        const shuffled = Object.fromEntries(names.map((name) => [name, Object.entries(event).find(([key]) => key === name)?.[1]]));
        expect(leafHash({ ...event, ...shuffled })).toEqual(leafHash(event));
      }),
    );
  });
});
