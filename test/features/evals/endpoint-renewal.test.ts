import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { renewEndpointProof, selectAgent } from "../../../src/features/agents/index.ts";
import { updateAgent } from "../../../src/features/agents/store.ts";
import { beginRun } from "../../../src/features/evals/begin-run.ts";
import { ownerSees } from "../../support/harness.ts";
import { endpoint, register } from "../agents/register.ts";
import { challengePath, serveOrigin } from "../agents/serve-origin.ts";
import { easyCases, openWorld, type RunWorld } from "./run-world.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const parsed = parseEnvironment(env);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const environment = parsed.env;
const monthMs = 31 * 86_400_000;

/** An agent whose origin proved itself so many milliseconds ago, in a world with a suite. */
async function openProvenWorld(agoMs: number) {
  const world = await openWorld("echo", easyCases(2));
  const agent = await register(world, { endpoint });
  const tenant = openSystemDb(environment, world.orgId, "system:test");
  const readAgent = async () => {
    const [[row]] = await tenant.read((db) => [selectAgent(db, agent.id)]);
    if (row === undefined) throw new Error("no agent");
    return row;
  };
  const { revision } = await readAgent();
  await tenant.write({ action: "agent.updated", resource: agent.id, change: null, answer: null }, (db) => [
    updateAgent(db, { id: agent.id, revision, endpointProvenAt: new Date(Date.now() - agoMs) }),
  ]);
  const token: string = agent.endpoint.proof.challenge.token;
  const run = () => world.call("POST", `/v1/agents/${agent.id}/runs`, { suiteId: world.suiteId });
  return { world, tenant, readAgent, agentId: String(agent.id), token, run };
}

const answering = (token: string) => (url: URL) =>
  url.pathname === challengePath ? new Response(token) : Response.json({ output: "the question again" });
const challengesIn = (asked: readonly string[]) => asked.filter((line) => line.endsWith(challengePath));
const eventsOf = (world: RunWorld, agentId: string) =>
  ownerSees(
    "select actor from audit_events where org_id = $1 and action = 'agent.endpoint_proven' and resource = $2",
    world.orgId,
    agentId,
  );

describe("an endpoint whose proof is a month old", () => {
  it("is asked once more when a run begins, and is proven again for a month", async () => {
    const { world, run, token, agentId, readAgent } = await openProvenWorld(monthMs + 1000);
    const asked = serveOrigin(answering(token));
    const started = await run();
    expect(started.status, started.text).toBe(202);
    const done = await world.waitFor(started.body.id, ({ finishedAt }) => finishedAt !== null);
    expect(done).toMatchObject({ status: "completed", counts: { passed: 2 } });
    expect(challengesIn(asked)).toEqual([`GET https://agent.example.com${challengePath}`]);
    expect(Date.now() - Number((await readAgent()).endpointProvenAt)).toBeLessThan(60_000);
    expect(await eventsOf(world, agentId)).toEqual([{ actor: "system:eval-run" }]);
  });

  it("is not asked again before the month is over", async () => {
    const { world, run, token } = await openProvenWorld(monthMs - 60_000);
    const asked = serveOrigin(answering(token));
    await world.waitFor((await run()).body.id, ({ finishedAt }) => finishedAt !== null);
    expect(challengesIn(asked)).toEqual([]);
  });

  it("is not called where its origin serves the challenge no more: the run ends so, and nothing is held against the agent", async () => {
    const { world, run, agentId } = await openProvenWorld(monthMs + 1000);
    const asked = serveOrigin(answering("armalo-other"));
    const done = await world.waitFor((await run()).body.id, ({ finishedAt }) => finishedAt !== null);
    expect(done).toMatchObject({
      status: "errored",
      verdict: "inconclusive",
      reasonCodes: expect.arrayContaining(["endpoint_not_proven"]),
    });
    expect(asked).toEqual([`GET https://agent.example.com${challengePath}`]);
    expect(await ownerSees("select id from evidence where org_id = $1", world.orgId)).toEqual([]);
    expect(await eventsOf(world, agentId)).toEqual([]);
  });

  it("is neither called nor given up while we cannot look up its name: the run stays queued", async () => {
    const { tenant, world, run, token, agentId, readAgent } = await openProvenWorld(monthMs + 1000);
    const before = await readAgent();
    const asked = serveOrigin(answering(token), () => new Response(null, { status: 503 }));
    const { id } = (await run()).body;
    await expect(beginRun(tenant, environment, id)).rejects.toMatchObject({ code: "unavailable" });
    expect(asked).toEqual([]);
    expect(await readAgent()).toEqual(before);
    expect(await eventsOf(world, agentId)).toEqual([]);
    expect((await world.call("GET", `/v1/runs/${id}`)).body.status).toBe("queued");
    await world.call("POST", `/v1/runs/${id}/cancel`);
  });

  it("is `unavailable`, and not refused, where the agent changes while its origin is asked", async () => {
    const { tenant, world, token, agentId, readAgent } = await openProvenWorld(monthMs + 1000);
    const before = await readAgent();
    await world.call("PATCH", `/v1/agents/${agentId}`, { name: "Changed" });
    serveOrigin(answering(token));
    await expect(renewEndpointProof(tenant, environment, before, new Date())).rejects.toMatchObject({ code: "unavailable" });
    expect(await eventsOf(world, agentId)).toEqual([]);
  });
});
