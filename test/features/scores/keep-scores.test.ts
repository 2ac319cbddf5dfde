import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parseEnvironment } from "../../../src/env.ts";
import { keepScores } from "../../../src/features/scores/index.ts";
import { isScoreRace } from "../../../src/features/scores/plan-score.ts";
import { scheduleLook, selectStanding } from "../../../src/features/scores/store.ts";
import { newId } from "../../../src/platform/ids.ts";
import worker from "../../../src/worker.ts";
import { failDatabase, ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { dayMs, digestOf, makeFullRun } from "./make-evidence.ts";
import { createAgent, finishRun, openTenant, quickstart } from "./score-world.ts";

beforeAll(() => void vi.spyOn(scheduler, "wait").mockResolvedValue());
afterAll(() => {
  vi.restoreAllMocks();
});

const parsed = parseEnvironment(env);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const environment = parsed.env;

/** The runs of these tests ended in the past, and the clock of their ticks stands there too: no other test's agents are due then. */
const beginning = new Date(Date.now() - 300 * dayMs);
const after = (days: number): Date => new Date(beginning.getTime() + days * dayMs);
/** What the platform does each minute: the real handler, told when it is, which does not wait for the minute's second half. */
const tick = (now: Date) => worker.scheduled(createScheduledController({ scheduledTime: now, cron: "* * * * *" }), env);

const history = async (org: TestOrganization, agentId: string) =>
  (await org.call("GET", `/v1/agents/${agentId}/score/history?limit=100`)).body.items;
const scoreEvents = (org: TestOrganization) =>
  ownerSees(
    "select action, actor, resource, request_id from audit_events where org_id = $1 and actor = 'system:score-upkeep' order by seq",
    org.orgId,
  );
async function upkeepOf(agentId: string) {
  const [row] = await ownerSees("select revision, due_at from score_upkeep where agent_id = $1", agentId);
  const dueAt = row?.due_at;
  return { revision: row?.revision, dueAt: typeof dueAt === "string" ? new Date(dueAt) : null };
}

/** An agent with so little evidence that a day changes no percent of anything. */
async function faintAgent(org: TestOrganization, externalId: string, at: Date): Promise<string> {
  const agentId = await createAgent(org, externalId);
  const record = makeFullRun([1], { runId: newId("run"), suiteDigest: digestOf(1), at: at.toISOString() });
  await finishRun(org, agentId, record, at);
  return agentId;
}

describe("the upkeep of scores", () => {
  it("lets a tier fall with age: one row in the history, both events in the log, and nothing more at the next tick", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId, beginning);
    const before = await history(org, agentId);
    expect(before[0]).toMatchObject({ status: "scored", compositeScore: 785, certificationTier: "silver" });
    await tick(after(0.9));
    expect(await history(org, agentId)).toEqual(before);

    await tick(after(7));
    const fallen = await history(org, agentId);
    expect(fallen.slice(1)).toEqual(before);
    expect(fallen[0]).toMatchObject({
      status: "insufficient_evidence",
      compositeScore: null,
      certificationTier: null,
      computedAt: after(7).toISOString(),
      evidenceDigest: before[0].evidenceDigest,
    });
    const events = await scoreEvents(org);
    expect(events.map(({ action, resource }) => [action, resource])).toEqual([
      ["score.changed", agentId],
      ["score.tier_changed", agentId],
    ]);
    expect(new Set(events.map(({ request_id: id }) => id)).size).toBe(1);
    expect(await roundTrips(String(events[0]?.request_id))).toBe(2);

    const upkeep = await upkeepOf(agentId);
    expect(upkeep.dueAt).toEqual(after(8));
    await tick(after(7));
    expect(await history(org, agentId)).toEqual(fallen);
    expect(await scoreEvents(org)).toEqual(events);
    expect(await upkeepOf(agentId)).toEqual(upkeep);
  });

  it("keeps nothing where nothing that is seen has changed, and looks again in a day", async () => {
    const org = await createOrganization();
    const agentId = await faintAgent(org, "faint", beginning);
    const { revision } = await upkeepOf(agentId);
    await tick(after(1));
    expect(await history(org, agentId)).toHaveLength(1);
    expect(await scoreEvents(org)).toEqual([]);
    expect(await upkeepOf(agentId)).toEqual({ revision: Number(revision) + 1, dueAt: after(2) });
  });

  it("leaves an agent in peace of whose evidence no percent remains, until there is more", async () => {
    const org = await createOrganization();
    const agentId = await faintAgent(org, "forgotten", beginning);
    await tick(after(250));
    expect(await history(org, agentId)).toMatchObject([{ confidence: expect.closeTo(0, 2) }, {}]);
    expect((await upkeepOf(agentId)).dueAt).toBeNull();
    const again = makeFullRun([1], { runId: newId("run"), at: after(251).toISOString() });
    await finishRun(org, agentId, again, after(251));
    expect((await upkeepOf(agentId)).dueAt).toEqual(after(252));
  });

  it("looks at a new version of an agent at once", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId);
    const { revision } = (await org.call("GET", `/v1/agents/${agentId}`)).body;
    expect((await org.call("PATCH", `/v1/agents/${agentId}`, { revision, version: "2" })).status).toBe(200);
    await tick(new Date(Date.now() + 1000));
    const [newest, ...rest] = await history(org, agentId);
    expect(newest).toMatchObject({ status: "insufficient_evidence", certificationTier: null });
    expect(rest).toHaveLength(9);
    expect((await scoreEvents(org)).map(({ action }) => action)).toEqual(["score.changed", "score.tier_changed"]);
  });

  it("changes nothing twice where ticks overlap", async () => {
    const org = await createOrganization();
    const agentId = await createAgent(org);
    await quickstart(org, agentId, beginning);
    await Promise.all([1, 2, 3].map(() => tick(after(7))));
    expect(await history(org, agentId)).toHaveLength(10);
    expect(await scoreEvents(org)).toHaveLength(2);
  });

  it("gives way to whatever changed the score since it looked", async () => {
    const org = await createOrganization();
    const agentId = await faintAgent(org, "busy", beginning);
    const tenant = await openTenant(org);
    const [[seen]] = await tenant.read((db) => [selectStanding(db, agentId)]);
    await finishRun(org, agentId, makeFullRun([1], { runId: newId("run"), at: after(1).toISOString() }), after(1));
    const look = { agentId, revision: seen?.revision ?? 0, dueAt: after(2) };
    const late = await tenant
      .write({ action: "score.changed", resource: agentId, change: null, answer: null }, (db) => [scheduleLook(db, look)])
      .catch((thrown: unknown) => thrown);
    expect(isScoreRace(late)).toBe(true);
    expect(await scoreEvents(org)).toEqual([]);
  });

  it("takes its turns among organizations, a bounded number of agents at a time, and goes on where it stopped", async () => {
    const [large, small] = [await createOrganization(), await createOrganization()];
    const ofLarge: string[] = [];
    for (let made = 0; made < 27; made += 1) ofLarge.push(await faintAgent(large, `agent-${made}`, beginning));
    const ofSmall = await faintAgent(small, "only", after(0.5));
    const lookedAt = async () => (await Promise.all(ofLarge.map(upkeepOf))).filter(({ dueAt }) => dueAt !== null && dueAt > after(2));
    await keepScores(environment, after(2));
    expect(await lookedAt()).toHaveLength(25);
    expect((await upkeepOf(ofSmall)).dueAt).toEqual(after(3));
    await keepScores(environment, after(2));
    expect(await lookedAt()).toHaveLength(27);
  });

  it("goes on after an organization that is out of reach, whose turn comes again", async () => {
    const [broken, sound] = [await createOrganization(), await createOrganization()];
    const [away, there] = [await faintAgent(broken, "away", beginning), await faintAgent(sound, "there", after(0.1))];
    await failDatabase(broken.orgId, "down");
    await tick(after(2));
    expect((await upkeepOf(there)).dueAt).toEqual(after(3));
    expect((await upkeepOf(away)).dueAt).toEqual(after(1));
    await failDatabase(broken.orgId, "none");
    await tick(after(2));
    expect((await upkeepOf(away)).dueAt).toEqual(after(3));
  });

  it("puts off a score that it failed on for an hour, so that it does not stand in the way of others", async () => {
    const org = await createOrganization();
    const agentId = await faintAgent(org, "poison", beginning);
    await failDatabase(org.orgId, "down", 1);
    await tick(after(2));
    expect((await upkeepOf(agentId)).dueAt).toEqual(new Date(after(2).getTime() + 3_600_000));
  });
});
