import { env } from "cloudflare:workers";
import type { Proposal } from "../../src/grants/ledger.ts";
import { ledgerOf } from "../../src/grants/ledger-client.ts";
import { requireEnvironment } from "../../src/env.ts";
import { newId } from "../../src/platform/ids.ts";
import { timeFacts } from "../../src/policies/facts.ts";
import { PolicyTerms, type PolicyRule } from "../../src/policies/policy.ts";

export const termsOf = (...rules: PolicyRule[]): PolicyTerms => PolicyTerms.parse({ rules });
const allowAll = termsOf({ id: "all", effect: "allow", when: "true" });

/** A ledger that nobody has asked yet, and how to put invocations to it. */
export function newLedger(given: Partial<Proposal> = {}) {
  const [orgId, grantId] = [newId("organization"), newId("grant")];
  const ledger = ledgerOf(requireEnvironment(env), orgId, grantId);
  const proposal = (own: Partial<Proposal> = {}): Proposal => ({ ...proposalOf(orgId, grantId), ...given, ...own });
  return { ledger, proposal, propose: (own: Partial<Proposal> = {}) => ledger.propose(proposal(own)) };
}

export function proposalOf(orgId: string, grantId: string): Proposal {
  const now = new Date();
  return {
    orgId,
    grantId,
    invocationId: newId("invocation"),
    at: now.getTime(),
    idempotencyKey: null,
    mode: "production",
    basis: "sha256:a",
    terms: allowAll,
    facts: {
      action: { capability: newId("capability"), kind: "http", method: "POST" },
      arguments: { amount: 5 },
      agent: { id: newId("agent"), versionNumber: 1 },
      score: { compositeScore: null, tier: null, confidence: null, status: null },
      grant: { id: grantId, expiresAt: null },
      time: timeFacts(now),
      mode: "production",
    },
    findings: [],
    approval: null,
    budget: {},
    ratePerMinute: 6_000,
    costMicros: null,
    deadlineMs: now.getTime() + 60_000,
    recovery: {},
  };
}
