import { evictDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/platform/ids.ts";
import { newLedger, termsOf } from "./ledger-world.ts";

const asking = termsOf({ id: "ask", effect: "require_approval", when: "true" });

describe("a grant's ledger", () => {
  it("holds what it allowed until somebody says what came of it, and gives back what did not act", async () => {
    const { ledger, propose, proposal } = newLedger({ budget: { count: { total: 2 } } });
    const first = proposal();
    expect(await ledger.propose(first)).toMatchObject({
      effect: "allow",
      reasons: ["allowed_by_rule"],
      ruleIds: ["all"],
      reserved: true,
      budgetShare: 0.5,
    });
    expect(await propose()).toMatchObject({ effect: "allow", counters: { total: 1 }, budgetShare: 1 });
    expect(await propose()).toMatchObject({ effect: "deny", reasons: ["count_exceeded"], reserved: false, budgetShare: 1 });
    await ledger.settle(first.invocationId, "released");
    expect(await propose()).toMatchObject({ effect: "allow" });
    expect(await propose()).toMatchObject({ effect: "deny" });
  });

  it("never spends more than there is, of 200 that ask at once", async () => {
    const { ledger, propose } = newLedger({ budget: { count: { perDay: 37 }, money: { perDay: 1_000 } }, costMicros: 30 });
    const verdicts = await Promise.all(Array.from({ length: 200 }, () => propose()));
    const allowed = verdicts.filter(({ reserved }) => reserved);
    // 33 × 30 is the most that 1,000 pays for, and less than 37.
    expect(allowed.length).toBe(33);
    expect(new Set(verdicts.filter(({ effect }) => effect === "deny").flatMap(({ reasons }) => reasons))).toContain("budget_exceeded");
    expect(await ledger.standing()).toMatchObject({ unsettled: 33, counters: { production: { today: 33, spentTodayMicros: 990 } } });
  });

  it("settles once: a second word on it changes nothing", async () => {
    const { ledger, proposal } = newLedger();
    const [spent, released] = [proposal(), proposal()];
    for (const one of [spent, released]) await ledger.propose(one);
    for (const settled of ["spent", "released", "unknown"] as const) await ledger.settle(spent.invocationId, settled);
    for (const settled of ["released", "released", "unknown", "spent"] as const) await ledger.settle(released.invocationId, settled);
    await ledger.settle(newId("invocation"), "released");
    expect(await ledger.standing()).toMatchObject({ unsettled: 0, counters: { production: { total: 1, today: 1, month: 1 } } });
  });

  it("keeps what nobody knows the effect of reserved, until it is known", async () => {
    const { ledger, proposal, propose } = newLedger({ budget: { count: { total: 1 } } });
    const lost = proposal();
    await ledger.propose(lost);
    await ledger.settle(lost.invocationId, "unknown");
    expect(await propose()).toMatchObject({ effect: "deny", reasons: ["count_exceeded"] });
    expect(await ledger.standing()).toMatchObject({ unsettled: 1 });
    await ledger.settle(lost.invocationId, "released");
    expect(await propose()).toMatchObject({ effect: "allow" });
  });

  it("decides nothing over a repetition of what is in doubt, whatever was found out since", async () => {
    const { ledger, proposal, propose } = newLedger();
    const [key, first] = ["sha256:key", proposal({ idempotencyKey: "sha256:key" })];
    await ledger.propose(first);
    const repeat = () => propose({ idempotencyKey: key });
    expect(await repeat()).toMatchObject({ effect: "deny", reasons: [], reserved: false, inDoubt: first.invocationId });
    expect(await ledger.propose(first)).toMatchObject({ inDoubt: first.invocationId });
    await ledger.settle(first.invocationId, "unknown");
    expect(await repeat()).toMatchObject({ inDoubt: first.invocationId });
    await ledger.settle(first.invocationId, "released");
    expect(await repeat()).toMatchObject({ inDoubt: first.invocationId });
    expect((await propose({ idempotencyKey: "sha256:other" })).inDoubt).toBeUndefined();
  });

  it("knows the key of what was used up for whoever read before its answer was written, and asks after it was settled", async () => {
    const { ledger, proposal, propose } = newLedger();
    const first = proposal({ idempotencyKey: "sha256:key" });
    await ledger.propose(first);
    await ledger.settle(first.invocationId, "spent");
    expect(await propose({ idempotencyKey: "sha256:key" })).toMatchObject({ reserved: false, inDoubt: first.invocationId });
    expect(await ledger.standing()).toMatchObject({ unsettled: 0, counters: { production: { total: 1 } } });
  });

  it("forgets the key of what was given back without a doubt", async () => {
    const { ledger, proposal, propose } = newLedger();
    const first = proposal({ idempotencyKey: "sha256:key" });
    await ledger.propose(first);
    await ledger.settle(first.invocationId, "released");
    expect((await propose({ idempotencyKey: "sha256:key" })).inDoubt).toBeUndefined();
  });

  it("denies everything from the moment that it is revoked, and after it was evicted too", async () => {
    const { ledger, propose } = newLedger();
    expect(await propose()).toMatchObject({ effect: "allow" });
    await ledger.revoke();
    for (const mode of ["production", "simulation"] as const)
      expect(await propose({ mode })).toMatchObject({ effect: "deny", reasons: ["grant_revoked"], reserved: false });
    await evictDurableObject(ledger);
    await ledger.revoke();
    expect(await propose()).toMatchObject({ effect: "deny", reasons: ["grant_revoked"] });
    expect(await ledger.standing()).toMatchObject({ isRevoked: true, counters: { production: { total: 1 } } });
  });

  it("remembers counters, the rate and reservations over an eviction", async () => {
    const { ledger, proposal, propose } = newLedger({ budget: { count: { total: 3 } }, ratePerMinute: 2 });
    const first = proposal({ idempotencyKey: "sha256:key" });
    await ledger.propose(first);
    await propose();
    await evictDurableObject(ledger);
    expect(await propose()).toMatchObject({ reasons: ["rate_exceeded"], counters: { total: 2, lastMinute: 2 } });
    expect(await propose({ idempotencyKey: "sha256:key" })).toMatchObject({ inDoubt: first.invocationId });
    await ledger.settle(first.invocationId, "released");
    expect(await ledger.standing()).toMatchObject({ unsettled: 1, counters: { production: { total: 1 } } });
  });
});

describe("what needs a person", () => {
  it("is not reserved before the person said yes, and is afterwards", async () => {
    const { ledger, propose } = newLedger({ terms: asking, budget: { count: { total: 1 } } });
    expect(await propose()).toMatchObject({
      effect: "require_approval",
      reasons: ["approval_required"],
      ruleIds: ["ask"],
      reserved: false,
    });
    expect(await ledger.standing()).toMatchObject({ counters: { production: { total: 0, lastMinute: 1 } } });
    const approval = { id: newId("approval") };
    expect(await propose({ approval })).toMatchObject({ effect: "require_approval", reasons: ["approved"], reserved: true });
    expect(await propose({ approval })).toMatchObject({ effect: "deny", reasons: ["count_exceeded"] });
  });

  it("is not asked for where there is no budget for it, and not faster than the rate", async () => {
    const { propose } = newLedger({ terms: asking, ratePerMinute: 2 });
    expect(await propose({ budget: { count: { total: 0 } } })).toMatchObject({ effect: "deny", reasons: ["count_exceeded"] });
    const answers = [await propose(), await propose(), await propose()];
    expect(answers.map(({ effect }) => effect)).toEqual(["require_approval", "require_approval", "deny"]);
  });

  it("is counted as done in simulation, where nobody is asked", async () => {
    const { ledger, propose } = newLedger({ terms: asking, mode: "simulation", budget: { count: { total: 1 } } });
    expect(await propose()).toMatchObject({ effect: "require_approval", reasons: ["approval_required"], reserved: false, budgetShare: 1 });
    expect(await propose()).toMatchObject({ effect: "deny", reasons: ["count_exceeded"] });
    expect(await ledger.standing()).toMatchObject({ unsettled: 0, counters: { production: { total: 0 }, simulation: { total: 1 } } });
  });
});

describe("a denial", () => {
  it("says all that spoke against it, and uses nothing up", async () => {
    const { ledger, propose } = newLedger({ ratePerMinute: 1, budget: { count: { total: 1 } } });
    expect(await propose({ findings: ["pact_violated", "grant_expired"] })).toMatchObject({
      effect: "deny",
      reasons: ["pact_violated", "grant_expired"],
      ruleIds: [],
    });
    expect(await propose({ terms: null })).toMatchObject({ reasons: ["policy_inactive"] });
    expect(await propose({ terms: termsOf({ id: "broken", effect: "allow", when: "score.compositeScore > 5" }) })).toMatchObject({
      reasons: ["policy_error"],
      ruleIds: ["broken"],
    });
    expect(await ledger.standing()).toMatchObject({ counters: { production: { total: 0, lastMinute: 0 } } });
    expect(await propose()).toMatchObject({ effect: "allow" });
    expect(await propose()).toMatchObject({ reasons: ["rate_exceeded", "count_exceeded"] });
  });

  it("is what a limit on money makes of a price that is not known", async () => {
    const { propose } = newLedger({ budget: { money: { perRun: 10 } } });
    expect(await propose()).toMatchObject({ effect: "deny", reasons: ["cost_unknown"] });
    expect(await propose({ costMicros: 11 })).toMatchObject({ effect: "deny", reasons: ["budget_exceeded"] });
    expect(await propose({ costMicros: 10 })).toMatchObject({ effect: "allow" });
  });
});

describe("counters", () => {
  it("are what rules see, before this invocation", async () => {
    const { propose } = newLedger({
      costMicros: 7,
      terms: termsOf({ id: "few", effect: "allow", when: "counters.total < 2 && counters.spentTodayMicros < 14" }),
    });
    expect([(await propose()).effect, (await propose()).effect, (await propose()).effect]).toEqual(["allow", "allow", "deny"]);
  });

  it("of simulation and production are apart, and only those of simulation begin anew with another basis", async () => {
    const { ledger, propose } = newLedger({ budget: { count: { total: 1 } } });
    expect(await propose()).toMatchObject({ effect: "allow" });
    expect(await propose({ mode: "simulation" })).toMatchObject({ effect: "allow", reserved: false });
    expect(await propose({ mode: "simulation" })).toMatchObject({ effect: "deny" });
    expect(await propose({ mode: "simulation", basis: "sha256:b" })).toMatchObject({ effect: "allow" });
    expect(await propose({ basis: "sha256:b" })).toMatchObject({ effect: "deny", reasons: ["count_exceeded"] });
    expect(await ledger.standing()).toMatchObject({ counters: { production: { total: 1 }, simulation: { total: 1 } } });
  });
});
