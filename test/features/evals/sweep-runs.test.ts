import { env as bindings } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { sweepRuns } from "../../../src/features/evals/index.ts";
import type { StillRun } from "../../../src/features/evals/sweep-runs.ts";
import { longestCaseMs } from "../../../src/features/evals/run-liveness.ts";
import { emptyCounts } from "../../../src/features/evals/run.ts";
import { insertRun, selectRun } from "../../../src/features/evals/store.ts";
import { newId } from "../../../src/platform/ids.ts";
import { runScheduledWork } from "../../../src/scheduled.ts";
import { withEngine, withoutInstance } from "./stub-engine.ts";
import { easyCases, openWorld, type RunWorld } from "./run-world.ts";

const parsed = parseEnvironment(bindings);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const { env } = parsed;
const minutesAgo = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);

/** A run that was queued, and whose instance was never made: as if we had died between the commit and the launch. */
async function strandRun(world: RunWorld, createdAt: Date): Promise<StillRun> {
  const tenant = openSystemDb(env, world.orgId, "system:test");
  const done = await world.finish();
  const [[model]] = await tenant.read((db) => [selectRun(db, done.id)]);
  if (model === undefined) throw new Error("no model");
  const fresh = { passRate: null, availability: null, lower95: null, verdict: null, reasonCodes: [], startedAt: null, finishedAt: null };
  const row = {
    ...model,
    ...fresh,
    id: newId("run"),
    status: "queued" as const,
    counts: emptyCounts(model.counts.total),
    recordedCases: 0,
  };
  await tenant.write({ action: "run.queued", resource: row.id, change: {}, answer: null }, (db) => [
    insertRun(db, { ...row, createdAt, updatedAt: createdAt }),
  ]);
  return { orgId: world.orgId, runId: row.id };
}

const statusOf = async (world: RunWorld, runId: string): Promise<unknown> => (await world.call("GET", `/v1/runs/${runId}`)).body.status;

describe("the sweep", () => {
  it("launches a queued run that never began", async () => {
    const world = await openWorld("echo", easyCases(2));
    const { runId } = await strandRun(world, minutesAgo(2));
    await runScheduledWork(parsed, new Date(), async () => undefined);
    const run = await world.waitFor(runId, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({ status: "completed", counts: { passed: 2 } });
  });

  it("leaves a queued run alone that the engine still holds, and restarts one that it has given up", async () => {
    const world = await openWorld("echo", easyCases(1));
    const runs = [await strandRun(world, minutesAgo(2))];
    const holding = withEngine("queued");
    await sweepRuns(holding.env, runs, new Date());
    expect(holding.asked).toEqual([]);
    const givenUp = withEngine("errored");
    await sweepRuns(givenUp.env, runs, new Date());
    expect(givenUp.asked).toEqual(["restart"]);
  });

  it("closes a queued run that was not begun within a day", async () => {
    const world = await openWorld("echo", easyCases(1));
    const stranded = await strandRun(world, minutesAgo(25 * 60));
    await sweepRuns(withEngine("queued").env, [stranded], new Date());
    expect((await world.call("GET", `/v1/runs/${stranded.runId}`)).body).toMatchObject({
      status: "errored",
      reasonCodes: expect.arrayContaining(["timed_out"]),
    });
    // Its time limit passed, and yet nothing was put to the agent.
    const { body } = await world.call("GET", "/v1/receipts");
    expect(body.items.find(({ about }: { about: string }) => about === stranded.runId)).toMatchObject({
      disposition: "blocked",
      effect: null,
    });
  });

  it("closes a running run whose instance is dead as partial, with the evidence of what it did", async () => {
    const world = await openWorld("slow", easyCases(30, { timeoutMs: 5000 }));
    const { body } = await world.start({ concurrency: 1 });
    await world.waitFor(body.id, ({ recordedCases }) => Number(recordedCases) >= 2);
    await sweepRuns(withEngine("running").env, [{ orgId: world.orgId, runId: body.id }], new Date());
    expect(await statusOf(world, body.id)).toBe("running");
    await sweepRuns(withEngine("errored").env, [{ orgId: world.orgId, runId: body.id }], new Date());
    const run = await world.waitFor(body.id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({ status: "partial", verdict: "inconclusive", reasonCodes: expect.arrayContaining(["not_finished"]) });
    // It broke off through no fault of the agent's: what it was being asked is not held against it.
    expect(run.counts).toMatchObject({ passed: run.recordedCases, silent: 0, errored: 0, notRun: 30 - Number(run.recordedCases) });
    expect((await world.cases(body.id)).length).toBe(run.recordedCases);
  });

  it.each(["instance.not_found", "(instance.not_found) Provided instance id does not exist"])(
    "takes %j for an instance that is not there: launches a queued run, closes a running one",
    async (message) => {
      const world = await openWorld("slow", easyCases(30, { timeoutMs: 5000 }));
      const queued = await strandRun(await openWorld("echo", easyCases(1)), minutesAgo(2));
      const engine = withoutInstance(message);
      await sweepRuns(engine.env, [queued], new Date());
      expect(engine.asked).toEqual(["create"]);
      const { body } = await world.start({ concurrency: 1 });
      await world.waitFor(body.id, ({ recordedCases }) => Number(recordedCases) >= 1);
      await sweepRuns(engine.env, [{ orgId: world.orgId, runId: body.id }], new Date());
      expect(await statusOf(world, body.id)).toBe("partial");
    },
  );

  it("leaves runs alone while the engine cannot say how they are, but for one that stands still for too long", async () => {
    const world = await openWorld("slow", easyCases(30, { timeoutMs: 5000 }));
    const queued = await strandRun(await openWorld("echo", easyCases(1)), minutesAgo(2));
    const engine = withoutInstance("internal error; reference = 0123456789abcdef");
    await sweepRuns(engine.env, [queued], new Date());
    expect(engine.asked).toEqual([]);
    const { body } = await world.start({ concurrency: 1 });
    const runs = [{ orgId: world.orgId, runId: String(body.id) }];
    await world.waitFor(body.id, ({ recordedCases }) => Number(recordedCases) >= 1);
    await sweepRuns(engine.env, runs, new Date());
    expect(await statusOf(world, body.id)).toBe("running");
    // A case that is recorded in the very moment of a sweep puts it off to the next one.
    await vi.waitFor(async () => {
      await sweepRuns(engine.env, runs, new Date(Date.now() + longestCaseMs + 60_000));
      expect(await statusOf(world, body.id)).toBe("partial");
    }, 20_000);
  });

  it("gives up a run that stands still for longer than any case can, whatever the engine says", async () => {
    const world = await openWorld("hang", easyCases(2, { timeoutMs: 60_000 }));
    const { body } = await world.start();
    await world.waitFor(body.id, ({ status }) => status === "running");
    const engine = withEngine("running");
    await sweepRuns(engine.env, [{ orgId: world.orgId, runId: body.id }], new Date(Date.now() + longestCaseMs + 60_000));
    expect(await statusOf(world, body.id)).toBe("errored");
    expect(engine.asked).toEqual(["terminate"]);
    await world.call("POST", `/v1/runs/${body.id}/cancel`);
  });

  it("goes on after a run that it cannot sweep", async () => {
    const world = await openWorld("echo", easyCases(1));
    const runs = [{ orgId: "org_0000000000000000000000", runId: "evl_0000000000000000000000" }, await strandRun(world, minutesAgo(2))];
    const engine = withEngine("terminated");
    await sweepRuns(engine.env, runs, new Date());
    expect(engine.asked).toEqual(["restart"]);
  });
});
