import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { conductCase } from "../../../src/features/evals/conduct-case.ts";
import { loadRun } from "../../../src/features/evals/load-run.ts";
import { newNameCache } from "../../../src/platform/egress.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { easyCases, openWorld, type RunWorld } from "./run-world.ts";

const parsed = parseEnvironment(env);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const environment = parsed.env;

const hardCase = { id: "hard", input: "a hard question", timeoutMs: 300, expectations: [{ kind: "contains", values: ["question"] }] };
type Entry = { dimension: string; value: number; caseIndex: number };

async function evidenceOf({ orgId }: RunWorld): Promise<{ entries: Entry[]; unavailable: { dimension: string; reason: string }[] }> {
  const [row] = await ownerSees("select entries, unavailable from evidence where org_id = $1", orgId);
  return row as Awaited<ReturnType<typeof evidenceOf>>;
}

const moment = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("an agent that misbehaves", () => {
  it("by hanging is an outage: unreliable, and unknown in everything else", async () => {
    const world = await openWorld("hang", easyCases(2, { timeoutMs: 200 }));
    const run = await world.finish();
    expect(run).toMatchObject({
      status: "completed",
      verdict: "inconclusive",
      passRate: null,
      availability: 0,
      counts: { errored: 2, failed: 0 },
      reasonCodes: expect.arrayContaining(["agent_outage"]),
    });
    const [first] = await world.cases(run.id);
    expect(first).toMatchObject({ status: "error", attribution: "agent", attempts: [{ outcome: "timeout", attribution: "agent" }] });
    const { entries, unavailable } = await evidenceOf(world);
    expect(entries.map(({ dimension, value }) => [dimension, value])).toEqual([
      ["reliability", 0],
      ["reliability", 0],
    ]);
    expect(unavailable).toContainEqual({ dimension: "accuracy", reason: "agent_outage", attribution: "agent", count: 2 });
  });

  it.each(["hang-on-hard", "drop-on-hard"])("on hard cases only (%s) has failed those, and gains nothing by it", async (agent) => {
    const world = await openWorld(agent, [...easyCases(3), hardCase]);
    const run = await world.finish();
    expect(run).toMatchObject({ counts: { passed: 3, failed: 1, silent: 1, errored: 0 }, availability: 1, passRate: 0.75 });
    const { entries } = await evidenceOf(world);
    expect(entries.filter(({ caseIndex }) => caseIndex === 3)).toMatchObject([
      { dimension: "reliability", value: 0 },
      { dimension: "accuracy", value: 0 },
    ]);
  });

  it.each([
    ["endless", "too_large"],
    ["redirect", "redirect"],
    ["html", "not_json"],
    ["500", "http_500"],
  ])("by answering with %s is told so", async (agent, outcome) => {
    const world = await openWorld(agent, easyCases(1, { timeoutMs: 5000 }));
    const run = await world.finish();
    expect(run).toMatchObject({ status: "completed", verdict: "inconclusive" });
    const [only] = await world.cases(run.id);
    expect(only).toMatchObject({ status: "error", attribution: "agent", attempts: [{ outcome, attribution: "agent" }] });
    const redirected = await (await fetch(`${env.AGENTS_URL}/calls/redirected`)).text();
    expect(redirected).toBe("0");
  });

  it("by answering with characters that cannot be stored loses nothing", async () => {
    const world = await openWorld("surrogate", easyCases(1, { expectations: [{ kind: "equals", value: { a: 1 } }] }));
    expect(await world.finish()).toMatchObject({ status: "completed", counts: { failed: 1 } });
  });
});

describe("a cancelled run", () => {
  it("keeps what it has found as evidence, takes no more, and asks no more", async () => {
    const world = await openWorld("slow", easyCases(30, { timeoutMs: 5000 }));
    const started = await world.start({ concurrency: 1 });
    await world.waitFor(started.body.id, ({ recordedCases }) => Number(recordedCases) >= 2);
    const cancelled = await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
    expect(cancelled.status).toBe(200);
    expect(cancelled.body).toMatchObject({ status: "cancelled", verdict: "inconclusive" });
    expect(await roundTrips(cancelled.requestId)).toBeLessThanOrEqual(2);
    const recorded: number = cancelled.body.recordedCases;
    // One of them is what the agent was being asked: its silence.
    expect(cancelled.body.counts).toMatchObject({ passed: recorded - 1, failed: 1, silent: 1, notRun: 30 - recorded });
    const { entries, unavailable } = await evidenceOf(world);
    expect(entries.filter(({ dimension }) => dimension === "reliability")).toHaveLength(recorded);
    expect(unavailable).toContainEqual({ dimension: "accuracy", reason: "not_run", attribution: "platform", count: 30 - recorded });
    await moment(900);
    const calls = await world.calls();
    await moment(700);
    expect(await world.calls()).toBe(calls);
    expect(await world.cases(started.body.id)).toHaveLength(recorded);
    expect((await world.call("POST", `/v1/runs/${started.body.id}/cancel`)).body.code).toBe("state_conflict");
  });

  const hardInTheMiddle = [...easyCases(3), { ...hardCase, timeoutMs: 20_000 }, ...easyCases(6).slice(3)];

  it("hides no question that the agent held open: it was silent, in every dimension of that case", async () => {
    const world = await openWorld("hang-on-hard", hardInTheMiddle);
    const started = await world.start({ concurrency: 1 });
    await world.waitFor(started.body.id, ({ recordedCases }) => Number(recordedCases) === 3);
    const { body, requestId } = await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
    const found = {
      status: "cancelled",
      recordedCases: 4,
      counts: { passed: 3, failed: 1, silent: 1, errored: 0, notRun: 3 },
      passRate: 0.75,
    };
    expect(body).toMatchObject(found);
    expect(await roundTrips(requestId)).toBe(2);
    expect((await world.call("GET", `/v1/runs/${started.body.id}`)).body).toEqual(body);
    const cases = await world.cases(started.body.id);
    expect(cases.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(cases[3]).toMatchObject({
      caseId: "hard",
      status: "error",
      attribution: "agent",
      checks: [
        { kind: "answered", status: "fail", value: 0, attribution: "agent", reason: "cancelled_while_asked" },
        { kind: "contains", status: "error", attribution: "agent", reason: "cancelled_while_asked" },
      ],
      attempts: [],
      inputDigest: expect.stringMatching(/^sha256:/),
      outputDigest: null,
      latencyMs: null,
    });
    const { entries, unavailable } = await evidenceOf(world);
    expect(entries.filter(({ caseIndex }) => caseIndex === 3)).toMatchObject([
      { dimension: "reliability", value: 0 },
      { dimension: "accuracy", value: 0 },
    ]);
    expect(unavailable).toContainEqual({ dimension: "accuracy", reason: "not_run", attribution: "platform", count: 3 });
  });

  it("that the agent never answered is an outage", async () => {
    const world = await openWorld("hang", easyCases(5, { timeoutMs: 20_000 }));
    const started = await world.start({ concurrency: 2 });
    await world.waitFor(started.body.id, ({ status }) => status === "running");
    const { body } = await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
    expect(body).toMatchObject({ counts: { errored: 2, failed: 0, notRun: 3 }, reasonCodes: expect.arrayContaining(["agent_outage"]) });
    const { entries } = await evidenceOf(world);
    expect(entries.map(({ dimension, value, caseIndex }) => [dimension, value, caseIndex])).toEqual([
      ["reliability", 0, 0],
      ["reliability", 0, 1],
    ]);
  });

  it("takes no answer any more to the question that was open, and sends its worker home", async () => {
    const world = await openWorld("hang-on-hard", hardInTheMiddle);
    const started = await world.start({ concurrency: 1 });
    await world.waitFor(started.body.id, ({ recordedCases }) => Number(recordedCases) === 3);
    const tenant = openSystemDb(environment, world.orgId, "system:eval-run");
    const loaded = await loadRun(tenant, started.body.id);
    const open = loaded?.suiteCases[3];
    if (loaded === undefined || open === undefined) throw new Error("nothing was loaded");
    await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
    const asking = { env: environment, names: newNameCache(), takeTurn: () => Promise.resolve() };
    const openHeaders = () => Promise.resolve({});
    const target = { url: `${env.AGENTS_URL}/echo/late`, protocol: "json" as const, modelFamily: null, openHeaders };
    expect(await conductCase({ tenant, loaded, asking, target, jury: null }, open, 3)).toBe("stopped");
    expect((await world.cases(started.body.id))[3]).toMatchObject({ status: "error", attribution: "agent" });
  });
});

describe("a fault of ours", () => {
  it("that keeps a sealed header shut blames the platform, and says nothing of the header", async () => {
    const world = await openWorld("slow", easyCases(30, { timeoutMs: 5000 }));
    const started = await world.start({ concurrency: 1 });
    await world.waitFor(started.body.id, ({ status }) => status === "running");
    const tenant = openSystemDb(environment, world.orgId, "system:eval-run");
    const loaded = await loadRun(tenant, started.body.id);
    const last = loaded?.suiteCases[29];
    if (loaded === undefined || last === undefined) throw new Error("nothing was loaded");
    const asking = { env: environment, names: newNameCache(), takeTurn: () => Promise.resolve() };
    const openHeaders = () => Promise.reject(new Error("s3cret does not open"));
    const target = { url: String(loaded.agent.endpointUrl), protocol: "json" as const, modelFamily: null, openHeaders };
    expect(await conductCase({ tenant, loaded, asking, target, jury: null }, last, 29)).toBe("error");
    const recorded = (await world.cases(started.body.id)).find(({ index }) => index === 29);
    expect(recorded).toMatchObject({ status: "error", attribution: "platform", attempts: [], checks: [{ reason: "internal" }, {}, {}] });
    expect(JSON.stringify(recorded)).not.toContain("s3cret");
    await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
  });

  it("that takes the database for a moment loses no case and asks none twice", async () => {
    const world = await openWorld("slow", easyCases(4, { timeoutMs: 5000 }));
    const started = await world.start({ concurrency: 1 });
    await world.waitFor(started.body.id, ({ recordedCases }) => Number(recordedCases) >= 1);
    await failDatabase(world.orgId, "down", 1);
    await moment(1500); // so that the fault meets the run, and not our looking at it
    const run = await world.waitFor(started.body.id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({ status: "completed", counts: { passed: 4 } });
    expect(await world.calls()).toBe(4);
  });

  it("that swallows the answer of a commit records the case once", async () => {
    const world = await openWorld("slow", easyCases(4, { timeoutMs: 5000 }));
    const started = await world.start({ concurrency: 1 });
    await world.waitFor(started.body.id, ({ status }) => status === "running");
    await failDatabase(world.orgId, "after_commit", 1);
    await moment(1500);
    const run = await world.waitFor(started.body.id, ({ finishedAt }) => finishedAt !== null);
    expect(run).toMatchObject({ status: "completed", recordedCases: 4, counts: { passed: 4 } });
    expect(await world.calls()).toBe(4);
  });
});
