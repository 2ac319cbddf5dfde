import { beforeAll, describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { ownerSees } from "../../support/harness.ts";
import { confirmed, countWhatIsLeft, denied, leaveCalls, openWorld, sweepEffects, type EffectWorld } from "./effect-world.ts";
import { condition } from "./judged.ts";

const scoreOf = async ({ org, agentId }: EffectWorld) => (await org.call("GET", `/v1/agents/${agentId}/score`)).body;
const exported = async ({ org, agentId }: EffectWorld) => (await org.call("GET", `/v1/agents/${agentId}/score/evidence`)).body;
const uncounted = async ({ org }: EffectWorld) =>
  (await ownerSees("select count(*)::int as calls from invocations where org_id = $1 and counted_at is null", org.orgId))[0]?.["calls"];

beforeAll(countWhatIsLeft);

describe("effects as evidence", () => {
  it("makes one piece of evidence of the calls of an agent: its author the own organization, its assurance 1.0, recomputed to the digit", async () => {
    const world = await openWorld();
    const calls = await leaveCalls(world, [confirmed, { ...confirmed, pactChecks: [condition(true)] }, confirmed]);
    await sweepEffects();
    const [evidence, score] = [await exported(world), await scoreOf(world)];
    expect(evidence.records).toHaveLength(1);
    expect(evidence.records[0]).toMatchObject({ runId: calls[2]?.receipt.id, author: world.org.orgId, assurance: "confirmed_effect" });
    expect(evidence.records[0].entries).toHaveLength(4);
    const { agentId: _, computed: __, ...published } = score;
    expect(await computeScore(evidence)).toEqual(published);
    expect(score.dimensions.reliability).toMatchObject({ checks: 3, N: 1.594511, S: 1.594511, independent: { N: 0 } });
    expect(score.dimensions.pactCompliance).toMatchObject({ checks: 1, N: 0.850406 });
    expect(await ownerSees("select actor from audit_events where org_id = $1 and action = 'effects.counted'", world.org.orgId)).toEqual([
      { actor: "system:effects" },
    ]);
  });

  it("counts each call once, however often and at how many places the sweep runs", async () => {
    const world = await openWorld();
    await leaveCalls(world, [confirmed, confirmed]);
    await Promise.all([sweepEffects(), sweepEffects(), sweepEffects()]);
    await sweepEffects();
    const { records } = await exported(world);
    expect(records.map(({ entries }: { entries: unknown[] }) => entries.length)).toEqual([2]);
    expect(await uncounted(world)).toBe(0);
    await leaveCalls(world, [confirmed]);
    await sweepEffects();
    expect((await exported(world)).records).toHaveLength(2);
  });

  it("makes nothing of a simulation, of what failed or is unknown upstream, of what an operator settled, and of other denials", async () => {
    const world = await openWorld();
    const settled = { settledBy: "member:x", settledAt: new Date() };
    await leaveCalls(world, [
      { ...confirmed, mode: "simulation", status: "simulated", effect: null },
      { ...denied("pact_violated"), mode: "simulation" },
      { ...confirmed, status: "failed", effect: "failed" },
      { ...confirmed, status: "unknown", effect: "unknown" },
      { ...confirmed, ...settled },
      denied("denied_by_rule"),
      denied("budget_exceeded"),
    ]);
    await sweepEffects();
    expect((await exported(world)).records).toEqual([]);
    expect(await uncounted(world)).toBe(7);
  });

  it("counts a call that the pact forbids as 0 there, and one that is malformed as 0 in reliability", async () => {
    const world = await openWorld();
    const broken = { ...denied("pact_violated"), pactChecks: [condition(false), condition(true, "minor", "other")] };
    await leaveCalls(world, [broken, denied("invalid_arguments"), denied("pact_violated")]);
    await sweepEffects();
    const { dimensions, openCriticalViolations } = await scoreOf(world);
    expect(dimensions.reliability).toMatchObject({ checks: 1, S: 0 });
    // Neither is what the forbidden call would have kept to its credit, nor is a denial lost that names no condition.
    expect(dimensions.pactCompliance).toMatchObject({ checks: 2, S: 0 });
    expect(openCriticalViolations).toEqual([]);
  });

  it("opens a violation where the condition is critical, which 28 later effects that keep it close, and nothing else", async () => {
    const world = await openWorld();
    const [forbidden] = await leaveCalls(world, [{ ...denied("pact_violated"), pactChecks: [condition(false, "critical")] }]);
    await sweepEffects();
    expect((await scoreOf(world)).openCriticalViolations).toMatchObject([{ conditionId: "payee", runId: forbidden?.receipt.id }]);
    const kept = { ...confirmed, pactChecks: [condition(true, "critical")] };
    await leaveCalls(
      world,
      Array.from({ length: 27 }, () => kept),
    );
    await sweepEffects();
    expect((await scoreOf(world)).openCriticalViolations).toMatchObject([{ passesSince: 27 }]);
    await leaveCalls(world, [kept]);
    await sweepEffects();
    expect((await scoreOf(world)).openCriticalViolations).toEqual([]);
  });

  it("keeps calls of another capability and of another version of the agent apart", async () => {
    const world = await openWorld();
    const other = await openWorld(world);
    await leaveCalls(world, [confirmed]);
    await leaveCalls(other, [confirmed]);
    expect((await world.org.call("PATCH", `/v1/agents/${world.agentId}`, { version: "2" })).status).toBe(200);
    await leaveCalls(world, [confirmed]);
    await sweepEffects();
    const { records } = await exported(world);
    expect(records.map(({ versionNumber }: { versionNumber: number }) => versionNumber)).toEqual([1, 1, 2]);
    expect(new Set(records.map(({ suiteDigest }: { suiteDigest: string }) => suiteDigest)).size).toBe(2);
  });

  it("takes at most 500 calls of an agent in one sweep, a hundred to a piece of evidence", async () => {
    const world = await openWorld();
    for (let left = 0; left < 5; left += 1)
      await leaveCalls(
        world,
        Array.from({ length: 102 }, () => confirmed),
      );
    await sweepEffects();
    expect(await uncounted(world)).toBe(10);
    await sweepEffects();
    expect(await uncounted(world)).toBe(0);
    const { records } = await exported(world);
    expect(records.map(({ entries }: { entries: unknown[] }) => entries.length)).toEqual([100, 100, 100, 100, 100, 10]);
  });
});
