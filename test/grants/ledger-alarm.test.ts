import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { OverdueEntry, Settled } from "../../src/grants/ledger.ts";
import * as recovery from "../../src/features/invocations/recover-invocation.ts";
import { newLedger } from "./ledger-world.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Too late for the alarm to ring by itself while a test is under way. */
const inAMinute = () => Date.now() + 60_000;
/** Rings the alarm at that time. */
function ringInAMinute(ledger: ReturnType<typeof newLedger>["ledger"]): Promise<boolean> {
  vi.useFakeTimers({ toFake: ["Date"], now: inAMinute() });
  return runDurableObjectAlarm(ledger);
}

/** Keeps a recovery under way, once it has `begun`, until it is told to `end`. */
function holdRecovery(answer: () => Settled) {
  const held = Promise.withResolvers<void>();
  const asked = vi.spyOn(recovery, "recoverInvocation").mockImplementation(async () => {
    await held.promise;
    return answer();
  });
  return { begun: () => expect.poll(() => asked.mock.calls.length).toBe(1), end: held.resolve };
}

/** Answers the recovery of what is overdue, as the database would. */
function recovers(answer: (entry: OverdueEntry) => Settled) {
  return vi.spyOn(recovery, "recoverInvocation").mockImplementation(async (_env, entry) => answer(entry));
}

describe("a reservation that nobody settled in time", () => {
  it("is recovered once, with all that was decided, and stays reserved where nobody knows what came of it", async () => {
    const { ledger, proposal } = newLedger({ budget: { count: { total: 5 } }, deadlineMs: inAMinute(), recovery: { sealed: "x" } });
    const asked = recovers(() => "unknown");
    const lost = proposal({ idempotencyKey: "sha256:key", costMicros: 7 });
    const verdict = await ledger.propose(lost);
    expect(await ringInAMinute(ledger)).toBe(true);
    const { orgId, grantId, invocationId, at } = lost;
    expect(asked.mock.calls.map(([, entry]) => entry)).toEqual([
      { orgId, grantId, invocationId, at, costMicros: 7, verdict, recovery: { sealed: "x" } },
    ]);
    await runDurableObjectAlarm(ledger);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(await ledger.standing()).toMatchObject({ unsettled: 1, counters: { production: { total: 1 } } });
    expect(await ledger.propose(proposal({ idempotencyKey: "sha256:key" }))).toMatchObject({ inDoubt: invocationId });
  });

  it("is settled by what the database says of it", async () => {
    const { ledger, proposal } = newLedger({ deadlineMs: inAMinute() });
    const [spent, released] = [proposal(), proposal()];
    recovers(({ invocationId }) => (invocationId === spent.invocationId ? "spent" : "released"));
    for (const one of [spent, released]) await ledger.propose(one);
    await ringInAMinute(ledger);
    expect(await ledger.standing()).toMatchObject({ unsettled: 0, counters: { production: { total: 1 } } });
  });

  it("is looked into later where that fails, and holds up no other one", async () => {
    const { ledger, proposal } = newLedger({ deadlineMs: inAMinute() });
    const [broken, other] = [proposal({ deadlineMs: inAMinute() - 1_000 }), proposal()];
    const asked = recovers(({ invocationId }) => {
      if (invocationId === broken.invocationId) throw new Error("database");
      return "spent";
    });
    for (const one of [broken, other]) await ledger.propose(one);
    await ringInAMinute(ledger);
    expect(await ledger.standing()).toMatchObject({ unsettled: 1 });
    const next = await runInDurableObject(ledger, (_, { storage }) => storage.getAlarm());
    expect((next ?? 0) - Date.now()).toBeGreaterThan(25_000);
    await runDurableObjectAlarm(ledger);
    // Not due yet: half a minute passes first.
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("is found by the alarm of whoever comes after it was evicted, at its own time", async () => {
    const soon = Date.now() + 50_000;
    const { ledger, propose } = newLedger({ deadlineMs: soon + 60_000 });
    await propose({ deadlineMs: soon });
    await evictDurableObject(ledger);
    await propose();
    expect(await runInDurableObject(ledger, (_, { storage }) => storage.getAlarm())).toBe(soon);
  });

  it("that is settled while it is recovered stays settled", async () => {
    const { ledger, proposal } = newLedger({ deadlineMs: inAMinute() });
    const late = proposal();
    const { begun, end } = holdRecovery(() => "released");
    await ledger.propose(late);
    const recovering = ringInAMinute(ledger);
    await begun();
    await ledger.settle(late.invocationId, "spent");
    end();
    await recovering;
    expect(await ledger.standing()).toMatchObject({ unsettled: 0, counters: { production: { total: 1 } } });
  });

  it("that is known to be unknown is not looked into again, whatever fails meanwhile", async () => {
    const { ledger, proposal } = newLedger({ deadlineMs: inAMinute() });
    const late = proposal();
    const { begun, end } = holdRecovery(() => {
      throw new Error("database");
    });
    await ledger.propose(late);
    const recovering = ringInAMinute(ledger);
    await begun();
    await ledger.settle(late.invocationId, "unknown");
    end();
    await recovering;
    expect(await runInDurableObject(ledger, (_, { storage }) => storage.getAlarm())).toBeNull();
    expect(await ledger.standing()).toMatchObject({ unsettled: 1 });
  });
});
