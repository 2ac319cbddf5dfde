import { describe, expect, it, vi } from "vitest";
import { openSystemDb } from "../../../src/access/system-principal.ts";
import { insertRating, insertReceivedRating } from "../../../src/features/ratings/store.ts";
import { newId } from "../../../src/platform/ids.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { sweepRatings } from "../../../src/features/ratings/index.ts";
import { failDatabase, linkOwner, ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { digestOf } from "../scores/make-evidence.ts";
import { confirmed, environment, leaveCalls, openWorld, type Call, type EffectWorld } from "../effects/effect-world.ts";

/** An agent of one organization, and another one that its receipts name as the counterparty. */
async function openBoth() {
  const [world, b] = await Promise.all([openWorld(), createOrganization()]);
  return { world, b };
}
const receiptFor = async (world: EffectWorld, counterparty: string | null, call: Call = confirmed) => {
  const [left] = await leaveCalls(world, [{ ...call, facts: { counterparty, ...call.facts } }]);
  if (left === undefined) throw new Error("no receipt");
  return left.receipt;
};
const rate = (org: TestOrganization, statement: string, value = 1) => org.call("POST", "/v1/ratings", { statement, value });
const sweep = () => sweepRatings(environment, new Date(Date.now() + 40_000));
const reason = async (answer: ReturnType<typeof rate>) => {
  const { status, body } = await answer;
  return [status, body.errors?.[0]?.message];
};

describe("rating a receipt", () => {
  it("is two rows, one of each side, and evidence by the counterparty that is recomputed to the digit", async () => {
    const { world, b } = await openBoth();
    const receipt = await receiptFor(world, b.orgId);
    const given = await rate(b, receipt.statement, 0.75);
    expect(given.status, given.text).toBe(201);
    expect(given.body).toMatchObject({ organizationId: world.org.orgId, receiptId: receipt.id, agentId: world.agentId, value: 0.75 });
    expect(await roundTrips(given.requestId)).toBe(2);
    const received = () => world.org.call("GET", `/v1/receipts/${receipt.id}/rating`);
    await expect.poll(async () => (await received()).body.rating).not.toBeNull();
    expect((await received()).body.rating).toMatchObject({
      id: given.body.id,
      organizationId: b.orgId,
      counterparty: b.orgId,
      value: 0.75,
    });
    expect((await b.call("GET", "/v1/ratings")).body.items).toEqual([given.body]);
    expect((await world.org.call("GET", "/v1/ratings")).body.items).toEqual([]);
    expect((await b.call("GET", `/v1/receipts/${receipt.id}/rating`)).status).toBe(404);
    const { body: score } = await world.org.call("GET", `/v1/agents/${world.agentId}/score`);
    expect(score.dimensions.counterparty).toMatchObject({ N: 0.850406, S: 0.637805, independent: { N: 0.850406 } });
    const { body: evidence } = await world.org.call("GET", `/v1/agents/${world.agentId}/score/evidence`);
    expect(evidence.records).toMatchObject([{ author: b.orgId, assurance: "confirmed_effect", runId: given.body.id }]);
    const { agentId: _, computed: __, ...published } = score;
    expect(await computeScore(evidence)).toEqual(published);
    const told =
      "select org_id, actor, action from audit_events where action in ('rating.given', 'receipt.rated') and org_id = any($1) order by action";
    expect(await ownerSees(told, [world.org.orgId, b.orgId])).toEqual([
      { org_id: b.orgId, actor: `key:${b.keyId}`, action: "rating.given" },
      { org_id: world.org.orgId, actor: "system:ratings", action: "receipt.rated" },
    ]);
  });

  it("happens once, whoever is first, and counts once, however often it is noted", async () => {
    const { world, b } = await openBoth();
    const receipt = await receiptFor(world, b.orgId);
    const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => rate(b, receipt.statement, index / 10)));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      201,
      ...Array.from({ length: 9 }, () => 409),
    ]);
    expect((await rate(b, receipt.statement)).status).toBe(409);
    await Promise.all([sweep(), sweep(), sweep()]);
    const { body } = await world.org.call("GET", `/v1/agents/${world.agentId}/score/evidence`);
    expect(body.records).toHaveLength(1);
  });

  it("is noted by the sweep where the request's own attempt was lost", async () => {
    const { world, b } = await openBoth();
    const receipt = await receiptFor(world, b.orgId);
    const received = async () => (await world.org.call("GET", `/v1/receipts/${receipt.id}/rating`)).body.rating;
    await failDatabase(world.org.orgId, "down");
    expect((await rate(b, receipt.statement)).status).toBe(201);
    await failDatabase(world.org.orgId, "none");
    expect(await received()).toBeNull();
    await sweepRatings(environment, new Date(Date.now() + 40_000));
    expect(await received()).toMatchObject({ value: 1 });
  });

  it("refuses whoever is not the counterparty, and the organization itself", async () => {
    const { world, b } = await openBoth();
    const [own, none, others] = [await receiptFor(world, world.org.orgId), await receiptFor(world, null), await receiptFor(world, b.orgId)];
    expect(await reason(rate(world.org, own.statement))).toEqual([400, "An organization cannot rate its own receipts."]);
    expect(await reason(rate(b, none.statement))).toEqual([400, "It names another counterparty, or none."]);
    expect(await reason(rate(await createOrganization(), others.statement))).toEqual([400, "It names another counterparty, or none."]);
    const test = await createOrganization({ environment: "test" });
    expect(await reason(rate(test, (await receiptFor(world, test.orgId)).statement))).toEqual([
      400,
      "One side is a live organization, the other one a test.",
    ]);
  });

  it("refuses what was not confirmed in production, another installation's, and what somebody else signed", async () => {
    const { world, b } = await openBoth();
    const facts = { mode: "production", disposition: "errored", effect: "unknown" } as const;
    const unknown = await receiptFor(world, b.orgId, { ...confirmed, status: "unknown", effect: "unknown", facts });
    expect(await reason(rate(b, unknown.statement))).toEqual([400, "Only an effect that was confirmed in production can be rated."]);
    const simulated = await receiptFor(world, b.orgId, { ...confirmed, mode: "simulation", status: "simulated", effect: null });
    expect((await rate(b, simulated.statement)).status).toBe(400);
    const { statement } = await receiptFor(world, b.orgId);
    const [head, body, signature = ""] = statement.split(".");
    const forged = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    expect(await reason(rate(b, forged))).toEqual([400, "The signature does not fit."]);
    expect((await rate(b, "a.b.c")).status).toBe(400);
    for (const value of [-0.1, 1.1]) expect((await rate(b, statement, value)).status).toBe(400);
  });

  it("refuses organizations of one owner, once the administrator has said so, and counts a group as one counterparty", async () => {
    const { world, b } = await openBoth();
    const c = await createOrganization();
    const receipt = await receiptFor(world, b.orgId);
    await linkOwner(b.orgId, c.orgId);
    await linkOwner(c.orgId, world.org.orgId);
    // Over two steps.
    expect(await reason(rate(b, receipt.statement))).toEqual([400, "Organizations of one owner do not rate each other."]);
    await expect(linkOwner(world.org.orgId, b.orgId)).rejects.toThrow(/linked to .* already/);
    await linkOwner(c.orgId, null);
    expect((await rate(b, receipt.statement)).status).toBe(201);
    expect((await rate(c, (await receiptFor(world, c.orgId)).statement)).status).toBe(201);
    await vi.waitFor(async () => {
      const { body } = await world.org.call("GET", `/v1/agents/${world.agentId}/score`);
      expect(body.dimensions.counterparty).toMatchObject({ checks: 2, N: Number((3 * (1 - Math.exp(-2 / 3))).toFixed(6)) });
    }, 20_000);
  });
});

describe("the database, whatever it is sent", () => {
  it("takes no rating of what is unknown, unconfirmed or another's, none within a group, and none that nobody gave", async () => {
    const { world, b } = await openBoth();
    const as = ({ orgId }: Pick<TestOrganization, "orgId">) => openSystemDb(environment, orgId, "system:test");
    const insert = (org: TestOrganization, { id: receiptId, digest }: { id: string; digest: string }) => {
      const rating = { receiptOrgId: world.org.orgId, receiptId, receiptDigest: digest, value: 1, ratedBy: "x", createdAt: new Date() };
      const event = { action: "rating.given", resource: receiptId, change: null, answer: null } as const;
      return as(org).write(event, (db) => [insertRating(db, { id: newId("rating"), ...rating })]);
    };
    const receipt = await receiptFor(world, b.orgId);
    const facts = { mode: "production", disposition: "errored", effect: "unknown", counterparty: b.orgId } as const;
    const unknown = await receiptFor(world, b.orgId, { ...confirmed, status: "unknown", effect: "unknown", facts });
    await expect(insert(b, { ...receipt, digest: digestOf(1) })).rejects.toMatchObject({ code: "not_found" });
    await expect(insert(b, unknown)).rejects.toMatchObject({ code: "not_found" });
    await expect(insert(await createOrganization(), receipt)).rejects.toMatchObject({ code: "state_conflict" });
    await linkOwner(b.orgId, world.org.orgId);
    await expect(insert(b, receipt)).rejects.toMatchObject({ code: "state_conflict" });
    const note = (ratingId: string, org: TestOrganization = world.org) =>
      as(org).write({ action: "receipt.rated", resource: receipt.id, change: null, answer: null }, (db) => [
        insertReceivedRating(db, { id: ratingId, notedAt: new Date() }),
      ]);
    await expect(note(newId("rating"))).rejects.toMatchObject({ code: "not_found" });
    await linkOwner(b.orgId, null);
    await insert(b, receipt);
    const [given] = await ownerSees("select id from ratings where receipt_id = $1", receipt.id);
    await expect(note(String(given?.["id"]), b)).rejects.toMatchObject({ code: "not_found" });
    await note(String(given?.["id"]));
    expect(await ownerSees("select rater_org_id, value from receipt_ratings where receipt_id = $1", receipt.id)).toEqual([
      { rater_org_id: b.orgId, value: 1 },
    ]);
  });
});
