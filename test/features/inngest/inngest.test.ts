import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { parseEnvironment } from "../../../src/env.ts";
import { newId } from "../../../src/platform/ids.ts";
import { signedHeaders } from "../../support/sign-as-provider.ts";
import { failDatabase } from "../../support/harness.ts";
import { providerSettings } from "../../support/provider-settings.ts";
import { easyCases, openWorld, type RunWorld } from "../evals/run-world.ts";
import { ask, askSigned, callOf, callQuery, deliver, functionId, link, newEventId, runsOf } from "./executor.ts";

const linkedWorld = async (wish: Parameters<typeof openWorld>[2] = {}): Promise<RunWorld> => {
  const world = await openWorld("echo", easyCases(1), wish);
  await link(world.orgId);
  return world;
};
const asks = ({ orgId, agentId, suiteId }: RunWorld) => ({ organization: orgId, agentId, suiteId });
const minutes = (count: number): Date => new Date(Date.now() + count * 60_000);

describe("the event that asks for a run", () => {
  it("starts one by the verb of the API, and the function ends with its name", async () => {
    const world = await linkedWorld();
    const event = { id: newEventId(), data: { ...asks(world), mode: "simulation" } };
    const ran = await deliver(event);
    expect(ran.status, ran.text).toBe(206);
    const [step] = ran.body;
    expect(step).toMatchObject({ op: "StepRun", name: "start-run", data: { runId: expect.stringMatching(/^evl_/) } });
    expect(await runsOf(world.orgId)).toEqual([
      {
        id: step.data.runId,
        status: expect.any(String),
        requested_by: "system:inngest",
        agent_id: world.agentId,
        suite_id: world.suiteId,
        mode: "simulation",
      },
    ]);
    const steps = { [step.id]: { type: "data", data: step.data } };
    const ended = await askSigned("POST", { query: callQuery, body: callOf(event, steps) });
    expect([ended.status, ended.body]).toEqual([200, step.data]);
    expect(await runsOf(world.orgId)).toHaveLength(1);
    const log = await world.call("GET", `/v1/audit-events?resource=${step.data.runId}`);
    expect(log.body.items).toContainEqual(expect.objectContaining({ action: "run.queued", actor: "system:inngest" }));
  });

  it("is done once, however often and however many at a time it is delivered, and whatever answer is lost", async () => {
    const world = await linkedWorld();
    const event = { id: newEventId(), data: asks(world) };
    await failDatabase(world.orgId, "after_commit", 1);
    const answers = [await deliver(event), ...(await Promise.all([deliver(event), deliver(event), deliver(event)]))];
    const [run, ...others] = await runsOf(world.orgId);
    expect(others).toEqual([]);
    for (const { status, body } of answers.slice(1)) expect([status, body[0].data]).toEqual([206, { runId: run?.["id"] }]);
  });

  it("is a new run under a new name, and no run where the name stands for something else", async () => {
    const world = await linkedWorld();
    const id = newEventId();
    await deliver({ id, data: asks(world) });
    await deliver({ id: newEventId(), data: asks(world) });
    const other = await deliver({ id, data: { ...asks(world), mode: "simulation" } });
    expect(other.headers.get("x-inngest-no-retry")).toBe("true");
    expect(await runsOf(world.orgId)).toHaveLength(2);
  });

  it.each([
    ["an organization that is not linked", async () => asks(await openWorld("echo", easyCases(1)))],
    ["an unknown organization", async () => ({ ...asks(await linkedWorld()), organization: newId("organization") })],
    ["an unknown agent", async () => ({ ...asks(await linkedWorld()), agentId: newId("agent") })],
    ["another organization's agent", async () => ({ ...asks(await linkedWorld()), agentId: (await linkedWorld()).agentId })],
    ["an unknown suite", async () => ({ ...asks(await linkedWorld()), suiteId: newId("suite") })],
    ["another organization's suite", async () => ({ ...asks(await linkedWorld()), suiteId: (await linkedWorld()).suiteId })],
    ["a field that nobody knows", async () => ({ ...asks(await linkedWorld()), extra: true })],
    ["no data", async () => null],
  ])("is refused for good for %s, and nothing happens", async (_, make) => {
    const data = await make();
    const { status, headers, body, text } = await deliver({ data });
    expect([status, headers.get("x-inngest-no-retry")], text).toEqual([206, "true"]);
    expect(body[0]).toMatchObject({ op: "StepFailed", error: { name: "NonRetriableError" } });
    if (data !== null) expect(await runsOf(data.organization)).toEqual([]);
  });

  it("is refused for good for an organization under another name than its own", async () => {
    const [world, other] = await Promise.all([openWorld("echo", easyCases(1)), openWorld("echo", easyCases(1))]);
    await link(world.orgId, other.orgId);
    for (const data of [asks(other), { ...asks(world), organization: other.orgId }])
      expect((await deliver({ data })).headers.get("x-inngest-no-retry")).toBe("true");
    expect([await runsOf(world.orgId), await runsOf(other.orgId)]).toEqual([[], []]);
  });

  it("is refused for good without a name of its own", async () => {
    const world = await linkedWorld();
    for (const id of ["", "two words", "x".repeat(256)]) {
      const answer = await deliver({ id, data: asks(world) });
      expect(answer.headers.get("x-inngest-no-retry"), id).toBe("true");
    }
    expect(await runsOf(world.orgId)).toEqual([]);
  });

  it("may come again while the plan has no room for a run, or the database cannot be reached", async () => {
    const world = await linkedWorld({ plan: "free" });
    const first = await openWorldRun(world);
    const full = await deliver({ data: asks(world) });
    expect([full.headers.get("x-inngest-no-retry"), full.headers.get("retry-after")]).toEqual(["false", expect.any(String)]);
    await world.call("POST", `/v1/runs/${first}/cancel`);
    const event = { id: newEventId(), data: asks(world) };
    await failDatabase(world.orgId, "down", 1);
    const down = await deliver(event);
    expect(down.headers.get("x-inngest-no-retry")).toBe("false");
    expect((await deliver(event)).body[0]).toMatchObject({ op: "StepRun" });
  });
});

async function openWorldRun(world: RunWorld): Promise<string> {
  const started = await world.start({});
  expect(started.status, started.text).toBe(202);
  return started.body.id;
}

describe("the settings of Inngest", () => {
  const faultsOf = (settings: object) => {
    const read = parseEnvironment({ ...env, ...settings });
    return read.ok ? [] : read.missing;
  };

  it("refuse its dev mode, in which it would verify nothing", () => {
    for (const on of ["1", "true", "TRUE", "yes", "http://localhost:8288", "localhost:8288"])
      expect(faultsOf({ INNGEST_DEV: on }), on).toEqual(["INNGEST_DEV"]);
    for (const off of ["", "0", "false"]) expect(faultsOf({ INNGEST_DEV: off }), off).toEqual([]);
  });

  it("are whole keys, and the one before the rotation only beside the newest", () => {
    for (const key of ["", "signkey-test-", "signkey-test-0123456789abcdef", "ab".repeat(32), `signkey-test-${"xy".repeat(32)}`])
      expect(faultsOf({ INNGEST_SIGNING_KEY: key }), key).toEqual(["INNGEST_SIGNING_KEY"]);
    expect(faultsOf({ INNGEST_SIGNING_KEY: undefined })).toEqual(["INNGEST_SIGNING_KEY"]);
  });
});

describe("whoever is not Inngest", () => {
  const call = callOf({ data: {} });

  it.each([
    ["says nothing", async () => ({})],
    ["signs with another key", (body: string) => signedHeaders("inngest", body, { secret: `signkey-test-${"ef".repeat(32)}` })],
    ["signed six minutes ago", (body: string) => signedHeaders("inngest", body, { at: minutes(-6) })],
    ["signs six minutes ahead", (body: string) => signedHeaders("inngest", body, { at: minutes(6) })],
    ["signs another body", () => signedHeaders("inngest", "{}")],
  ])("%s, and is refused whatever the method", async (_, headersOf) => {
    for (const [method, body] of [
      ["POST", call],
      ["PUT", call],
      ["GET", undefined],
    ] as const) {
      const answer = await ask(method, { query: callQuery, ...(body === undefined ? {} : { body }), headers: await headersOf(body ?? "") });
      expect([answer.status, answer.body.code], method).toEqual([401, "bad_signature"]);
      expect([...answer.headers.keys()].filter((name) => name.startsWith("x-inngest"))).toEqual([]);
    }
  });
});

describe("Inngest", () => {
  it("may sign with the key before the rotation, and four minutes off", async () => {
    const body = callOf({ data: {} });
    for (const signed of [{ secret: providerSettings.INNGEST_SIGNING_KEY_FALLBACK }, { at: minutes(-4) }, { at: minutes(4) }])
      expect((await askSigned("POST", { query: callQuery, body }, signed)).status).toBe(206);
  });

  it("is told what is served, in cloud mode, by an answer that is signed too", async () => {
    const { status, headers, body } = await askSigned("GET");
    expect(status).toBe(200);
    expect(body).toMatchObject({ mode: "cloud", function_count: 1, authentication_succeeded: true, has_signing_key: true });
    expect(headers.get("x-inngest-signature")).toMatch(/^t=\d+&s=[0-9a-f]{64}$/);
    expect(headers.get("content-security-policy")).not.toBeNull();
  });

  it("is in cloud mode even where the process says otherwise", async () => {
    process.env["INNGEST_DEV"] = "1";
    try {
      expect((await askSigned("GET")).body.mode).toBe("cloud");
    } finally {
      delete process.env["INNGEST_DEV"];
    }
  });

  it("is told the function and where it is by a sync", async () => {
    const body = JSON.stringify({ url: "https://elsewhere.test/webhooks/inngest" });
    const answer = await askSigned("PUT", { body, headers: { "x-inngest-sync-kind": "in_band" } });
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ app_id: "armalo", url: "https://api.armalo.test/webhooks/inngest" });
    const [served, ...others] = answer.body.functions;
    expect(others).toEqual([]);
    expect(served).toMatchObject({ id: functionId, triggers: [{ event: "armalo/eval.run.requested" }] });
    expect(JSON.stringify(served)).not.toContain("cron");
    expect(served.steps.step.runtime.url).toMatch(/^https:\/\/api\.armalo\.test\/webhooks\/inngest\?/);
  });

  it("is asked for its registration at its own address alone, with the key's digest and never the key", async () => {
    const calls = vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json({ status: 200, modified: true }));
    try {
      const answer = await askSigned("PUT");
      expect([answer.status, answer.body.modified]).toEqual([200, true]);
      expect(calls.mock.calls).toHaveLength(1);
      const [url, init] = calls.mock.calls[0] ?? [];
      expect(url).toEqual(new URL("https://api.inngest.com/fn/register"));
      expect(init?.redirect).toBe("manual");
      expect(JSON.stringify(init)).not.toContain(providerSettings.INNGEST_SIGNING_KEY.slice(-64));
    } finally {
      calls.mockRestore();
    }
  });

  it("hears of no function but the one, and of no field that it has not", async () => {
    const body = callOf({ data: {} });
    expect((await askSigned("POST", { query: "?fnId=armalo-other&stepId=step", body })).status).toBe(500);
    expect((await askSigned("POST", { query: "?fnId=a&fnId=b", body })).status).toBe(400);
    expect((await askSigned("GET", { query: "?other=1" })).status).toBe(400);
  });
});

it("sends nothing but to the database while it runs, also where Inngest would have it fetch the events", async () => {
  const world = await linkedWorld();
  const calls = vi.spyOn(globalThis, "fetch");
  try {
    await deliver({ data: asks(world) });
    const body = callOf({ data: asks(world) }).replaceAll('"use_api":false', '"use_api":true');
    const withApi = await askSigned("POST", { query: callQuery, body });
    expect(withApi.status).toBe(500);
    const called = new Set(calls.mock.calls.map(([target]) => new URL(target instanceof Request ? target.url : target).pathname));
    expect([...called]).toEqual(["/sql"]);
  } finally {
    calls.mockRestore();
  }
});
