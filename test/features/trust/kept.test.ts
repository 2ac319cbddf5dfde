import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { newId } from "../../../src/platform/ids.ts";
import { roundTrips } from "../../support/harness.ts";
import type { Answer } from "../../support/organization.ts";
import { finishRun } from "../scores/score-world.ts";
import { digestOf, makeFullRun, passes } from "../scores/make-evidence.ts";
import { ask, askUntilKept, attest, pathsOf, publicAgent, reasonOf, sharedMs, type World } from "./public-agent.ts";

describe("what is kept for everyone", () => {
  const startedAt = Date.now();
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: startedAt }));
  afterEach(() => void vi.useRealTimers());
  const after = (ms: number): void => void vi.setSystemTime(startedAt + ms);
  const ages = ({ headers }: Answer): string | null => headers.get("cache-control");

  it("costs no round trip for 30 seconds, says what is left of them, and is computed again from then on", async () => {
    const { path } = await publicAgent();
    const first = await ask(path);
    expect(ages(first)).toBe("public, max-age=30, must-revalidate");
    after(1500);
    const kept = await askUntilKept(path);
    expect(kept.text).toBe(first.text);
    expect(kept.requestId).not.toBe(first.requestId);
    expect(ages(kept)).toBe("public, max-age=28, must-revalidate");
    const own = new Set(["cache-control", "content-length", "server-timing", "x-request-id"]);
    const others = ({ headers }: Answer): [string, string][] => [...headers].filter(([name]) => !own.has(name)).toSorted();
    expect(others(kept)).toEqual(others(first));
    for (const name of ["age", "x-computed-at", "cf-cache-status"]) expect(kept.headers.get(name)).toBeNull();
    after(sharedMs - 1001);
    expect(ages(await askUntilKept(path))).toBe("public, max-age=1, must-revalidate");
    after(sharedMs);
    const fresh = await ask(path);
    expect(await roundTrips(fresh.requestId)).toBe(1);
    expect(Date.parse(fresh.body.computedAt) - Date.parse(first.body.computedAt)).toBe(sharedMs);
  });

  it("is not a copy for each query that somebody invents", async () => {
    const { path } = await publicAgent();
    await askUntilKept(path);
    expect(await roundTrips((await ask(`${path}?fresh=1`)).requestId)).toBe(0);
  });

  it("does not count against the address that asks", async () => {
    const { path } = await publicAgent();
    await askUntilKept(path);
    const asked = await Promise.all(Array.from({ length: 150 }, () => ask(path, { "cf-connecting-ip": "192.0.2.77" })));
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([200]));
  });

  it.each([
    [
      "a name",
      async ({ org, agentId }: World) => org.call("PATCH", `/v1/agents/${agentId}`, { name: "Renamed" }),
      ["agent", "name"],
      "Renamed",
    ],
    [
      "a version",
      async ({ org, agentId }: World) => org.call("PATCH", `/v1/agents/${agentId}`, { version: "2" }),
      ["agent", "versionNumber"],
      2,
    ],
    ["an attestation", (world: World) => attest(world), ["attestation", "isOfPresentVersion"], true],
  ] as const)("shows %s that has changed within 30 seconds", async (_, change, [part, field], expected) => {
    const world = await publicAgent();
    await askUntilKept(world.path);
    expect((await change(world)).status).toBeLessThan(300);
    after(sharedMs);
    const { body } = await ask(world.path);
    expect(body[part][field]).toBe(expected);
  });

  it("shows a new score within 30 seconds, and a critical violation, which takes the tier away and turns the badge", async () => {
    const world = await publicAgent();
    const { org, agentId, path } = world;
    const badge = `${path}/badge.svg`;
    const run = (suite: number, change: Partial<EvidenceRecord> = {}): Promise<unknown> => {
      const at = new Date();
      return finishRun(
        org,
        agentId,
        makeFullRun(passes(14), { runId: newId("run"), suiteDigest: digestOf(suite), at: at.toISOString(), ...change }),
        at,
      );
    };
    expect((await askUntilKept(badge)).text).toContain("insufficient evidence");
    expect((await askUntilKept(path)).body.score.composite).toBeNull();
    for (let index = 1; index < 24; index += 1) {
      after(index);
      await run(index);
    }
    after(sharedMs);
    const { body } = await askUntilKept(path);
    expect(body).toMatchObject({ status: "scored", score: { tier: "silver" }, openCriticalViolations: [] });
    expect(body.history).toHaveLength(23);
    expect(body.history.at(-1).compositeScore).toBeNull();
    expect(body.pactCompliance.rate).toBe(1);
    expect((await askUntilKept(badge)).text).toContain(`${body.score.composite} / 1000 · silver`);
    const condition = { digest: digestOf("c"), pactDigest: digestOf("d"), conditionId: "no-leaks", severity: "critical" } as const;
    after(sharedMs + 1);
    await run(99, { entries: [{ dimension: "safety", value: 0, caseIndex: 0, check: "0", condition }] });
    after(2 * sharedMs);
    const seen = await ask(path);
    expect(seen.body.openCriticalViolations).toMatchObject([{ conditionId: "no-leaks", passesSince: 0, passesToClose: 28 }]);
    expect([seen.body.score.tier, reasonOf(seen, "tier")]).toEqual([null, "open_critical_violation"]);
    expect((await ask(badge)).text).toContain("1 critical violation");
    expect((await ask(`/agents/${agentId}`)).text).toContain("1 open critical violation");
  });

  it("is gone within 30 seconds of the agent's being made private, by every path", async () => {
    const world = await publicAgent();
    await attest(world);
    for (const path of pathsOf(world.agentId)) await askUntilKept(path);
    await world.org.call("PATCH", `/v1/agents/${world.agentId}`, { isPublic: false });
    after(sharedMs);
    for (const path of pathsOf(world.agentId)) expect((await ask(path)).status, path).toBe(404);
  });

  it("shows no attestation within 30 seconds of its being revoked, and says that it was", async () => {
    const world = await publicAgent();
    const { body } = await attest(world);
    expect((await askUntilKept(world.path)).body.attestation.id).toBe(body.id);
    await askUntilKept(`${world.path}/attestation`);
    await world.org.call("POST", `/v1/attestations/${body.id}/revoke`, { reason: "mistaken" });
    after(sharedMs);
    const seen = await ask(world.path);
    expect(seen.body.attestation).toBeNull();
    expect(reasonOf(seen, "attestation")).toBe("revoked");
    expect((await ask(`${world.path}/attestation`)).status).toBe(404);
    for (const path of [world.path, `/agents/${world.agentId}`]) expect((await ask(path)).text).not.toContain(body.statement);
  });
});
