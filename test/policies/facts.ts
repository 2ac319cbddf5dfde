import type { DecisionFacts } from "../../src/policies/facts.ts";
import { PolicyTerms } from "../../src/policies/policy.ts";
import type { CapabilityDefinition } from "../../src/upstreams/capability.ts";

/** A payment of 12.50 by an agent in good standing, on a Thursday at noon. */
export const payment: DecisionFacts = {
  action: { capability: "cap_0000000000000000000001", kind: "http", method: "POST" },
  arguments: { orderId: "o-1", amount: 12.5, note: "thanks", tags: ["a", "b"], items: [{ sku: "x", count: 2 }], urgent: true },
  agent: { id: "agt_0000000000000000000001", versionNumber: 3 },
  score: { compositeScore: 812, tier: "gold", confidence: 0.9, status: "scored" },
  grant: { id: "grt_0000000000000000000001", expiresAt: null },
  counters: { total: 10, today: 2, month: 5, lastMinute: 1, spentTodayMicros: 0, spentMonthMicros: 1_000_000, costMicros: 12_500_000 },
  time: { iso: "2026-01-01T12:00:00.000Z", hour: 12, weekday: 4, epochSeconds: 1_767_268_800 },
  mode: "production",
};

export type Rule = PolicyTerms["rules"][number];
export const policyOf = (...rules: readonly Rule[]): PolicyTerms => PolicyTerms.parse({ rules });
export const allow = (when: string, id = "allow"): Rule => ({ id, effect: "allow", when });
export const deny = (when: string, id = "deny"): Rule => ({ id, effect: "deny", when });
export const ask = (when: string, id = "ask"): Rule => ({ id, effect: "require_approval", when });

export const argumentsSchema = {
  type: "object",
  properties: {
    orderId: { type: "string" },
    amount: { type: "number" },
    note: { type: "string" },
    count: { type: "integer" },
    urgent: { type: "boolean" },
    parent: { type: ["string", "null"] },
    tags: { type: "array", items: { type: "string" } },
    items: { type: "array", items: { $ref: "#/$defs/item" } },
    address: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    labels: { type: "object", additionalProperties: { type: "string" } },
    colour: { enum: ["red", "green"] },
    any: {},
  },
  required: ["orderId", "amount"],
  $defs: {
    item: { type: "object", properties: { sku: { type: "string" }, count: { type: "integer" }, within: { $ref: "#/$defs/item" } } },
  },
};

export const capability = (schema: object = argumentsSchema): CapabilityDefinition => ({
  kind: "http",
  method: "POST",
  urlTemplate: "https://shop.example/v1/orders/{orderId}/pay",
  answerSchema: null,
  argumentsSchema: JSON.parse(JSON.stringify(schema)),
  cost: null,
  credential: null,
  timeoutMs: 10_000,
  counterpartyOrgId: null,
});
