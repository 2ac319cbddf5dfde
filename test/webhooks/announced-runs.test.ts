import { describe, expect, it } from "vitest";
import { sweepRuns } from "../../src/features/evals/index.ts";
import { keepScores } from "../../src/features/scores/index.ts";
import { failDatabase, ownerSees } from "../support/harness.ts";
import { createOrganization } from "../support/organization.ts";
import { environment } from "../support/rooms.ts";
import { withEngine } from "../features/evals/stub-engine.ts";
import { easyCases, openWorld, type RunWorld } from "../features/evals/run-world.ts";
import { dayMs } from "../features/scores/make-evidence.ts";
import { createAgent, quickstart } from "../features/scores/score-world.ts";
import { mute, pactCases, pactOf } from "./broken-pact.ts";
import { addEndpoint, dataOf, everyType, toldTo } from "./hook-world.ts";

async function listeningWorld(agent: string, cases: Parameters<typeof openWorld>[1]): Promise<RunWorld> {
  const world = await openWorld(agent, cases);
  await addEndpoint(world, everyType);
  return world;
}

describe("the end of a run", () => {
  it("is told once, with its verdict and with the score that it changed, in the transaction that ended it", async () => {
    const world = await listeningWorld("echo", pactCases(3));
    const run = await world.finish({ mode: "production", pactId: await pactOf(world, [mute]) });
    const told = (await toldTo(world)).slice(1);
    expect(told.map(({ type }) => type)).toEqual(["eval.completed", "pact.violated", "score.changed"]);
    const { id: runId, agentId, agentVersionNumber, suiteId, suiteDigest, mode, verdict, passRate, lower95, reasonCodes, finishedAt } = run;
    const shown = { runId, agentId, agentVersionNumber, suiteId, suiteDigest, mode, verdict, passRate, lower95, reasonCodes, finishedAt };
    expect(told[0]?.data).toEqual(shown);
    expect(told[2]?.data).toMatchObject({ agentId, from: { openCriticalViolations: 0 }, to: { openCriticalViolations: 1 } });
    const requests = await ownerSees(
      "select distinct request_id from audit_events where org_id = $1 and action in ('run.finished', 'score.changed')",
      world.orgId,
    );
    expect(requests).toHaveLength(1);
  });

  it("is told once where the database was away at first, and where its answer was lost", async () => {
    const world = await listeningWorld("slow", pactCases(2));
    const { body } = await world.start({ mode: "production", pactId: await pactOf(world, [mute]) });
    await world.waitFor(body.id, ({ recordedCases }) => Number(recordedCases) > 0);
    await failDatabase(world.orgId, "after_commit", 3);
    await world.waitFor(body.id, ({ finishedAt }) => finishedAt !== null);
    expect(dataOf(await toldTo(world), "eval.completed")).toHaveLength(1);
    expect(dataOf(await toldTo(world), "score.changed")).toHaveLength(1);
  });

  it("that a fault ended is told as failed, and one that somebody cancelled as neither", async () => {
    const world = await listeningWorld("slow", easyCases(30));
    const { body: broken } = await world.start({ mode: "production" });
    await world.waitFor(broken.id, ({ recordedCases }) => Number(recordedCases) > 0);
    await sweepRuns(withEngine("errored").env, [{ orgId: world.orgId, runId: broken.id }], new Date());
    const { body: cancelled } = await world.start({ mode: "production" });
    expect((await world.call("POST", `/v1/runs/${cancelled.id}/cancel`)).status).toBe(200);
    const told = await toldTo(world);
    expect(dataOf(told, "eval.failed")).toMatchObject([{ runId: broken.id, status: "partial" }]);
    expect(dataOf(told, "eval.completed")).toEqual([]);
  });

  it("that found a pact broken is told as one violation, with each condition once", async () => {
    const world = await listeningWorld("echo", pactCases(3));
    const pactId = await pactOf(world, [mute, { ...mute, id: "said", severity: "info" }]);
    const run = await world.finish({ pactId, mode: "production" });
    const about = { pactId, pactDigest: run["pactDigest"], agentId: world.agentId, checkId: null, runId: run.id };
    const told = await toldTo(world);
    expect(dataOf(told, "pact.violated")).toEqual([{ ...about, conditions: [{ id: "mute", severity: "critical" }] }]);
    expect(dataOf(told, "score.changed")).toMatchObject([{ to: { openCriticalViolations: 1 } }]);
  });

  it("of a simulation is told, and changes no score and breaks no pact", async () => {
    const world = await listeningWorld("echo", pactCases(3));
    const pactId = await pactOf(world, [mute]);
    await world.finish({ pactId, mode: "simulation" });
    const told = (await toldTo(world)).filter(({ type }) => type !== "pact.activated");
    expect(told.map(({ type, data }) => [type, data])).toEqual([["eval.completed", expect.objectContaining({ mode: "simulation" })]]);
  });
});

describe("a score that age has changed", () => {
  it("is told with its tier, once however many look", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    // Long ago, as no other test's scores are.
    const at = new Date(Date.now() - 900 * dayMs);
    await quickstart(org, agentId, at);
    await addEndpoint(org, everyType);
    const later = new Date(at.getTime() + 7 * dayMs);
    await Promise.all([keepScores(environment(), later), keepScores(environment(), later)]);
    await keepScores(environment(), later);
    const told = await toldTo(org);
    expect(told.map(({ type }) => type)).toEqual(["score.changed", "score.tier_changed"]);
    expect(told.map(({ action }) => action)).toEqual(["score.changed", "score.tier_changed"]);
    expect(dataOf(told, "score.tier_changed")).toMatchObject([{ agentId, from: "silver", to: null }]);
    expect(dataOf(told, "score.changed")).toMatchObject([
      { from: { compositeScore: 785, certificationTier: "silver" }, to: { compositeScore: null } },
    ]);
  });
});
