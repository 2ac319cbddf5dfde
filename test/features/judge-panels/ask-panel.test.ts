import { describe, expect, it } from "vitest";
import { newId } from "../../../src/platform/ids.ts";
import { failDatabase, offerPanel, ownerSees, roundTrips } from "../../support/harness.ts";
import { createOrganization, type TestOrganization } from "../../support/organization.ts";
import { askPrice, balanceOf, decoded, newPayer, pay, sendPayment } from "../../support/payments.ts";
import { calibrate, labelled, openPanel } from "./panel-world.ts";

const asked = { rubric: "It says hello.", question: "Greet me.", answer: "Well, hello!" };
const path = (panelId: string): string => `/v1/judge-panels/${panelId}/ask`;
const ask = ({ call }: TestOrganization, panelId: string, headers?: Record<string, string>) => call("POST", path(panelId), asked, headers);
const forSale = (panelId: string, body: object = asked) => ({ method: "POST", path: path(panelId), body });
const eventsOf = (orgId: string) =>
  ownerSees("select resource, actor from audit_events where org_id = $1 and action = 'judge_panel.asked'", orgId);

describe("asking the organization's own judges", () => {
  it("answers with every vote, the counts and the verdict, in two round trips, and is in the log", async () => {
    const org = await createOrganization();
    const { panelId, panel, asked: heard } = await openPanel(org, ["attentive", "attentive", "fail"]);
    const answer = await ask(org, panelId);
    expect(answer.status, answer.text).toBe(200);
    expect(await roundTrips(answer.requestId)).toBe(2);
    expect(answer.body).toMatchObject({
      panelId,
      panelDigest: panel.digest,
      calibrated: false,
      verdict: "pass",
      counts: { judges: 3, pass: 2, fail: 1, abstained: 0, unanswered: 0 },
      value: 1,
    });
    expect(answer.body.votes.map(({ judge, vote }: { judge: string; vote: string }) => [judge, vote])).toEqual([
      ["judge-0", "pass"],
      ["judge-1", "pass"],
      ["judge-2", "fail"],
    ]);
    expect(answer.body).not.toHaveProperty("calibrationId");
    expect((await heard()).length).toBe(3);
    expect(await eventsOf(org.orgId)).toEqual([{ resource: panelId, actor: `key:${org.keyId}` }]);
    const texts = await ownerSees("select * from audit_events where org_id = $1", org.orgId);
    expect(JSON.stringify(texts)).not.toContain("hello");
  });

  it("never takes an absent judge for a vote, nor too few votes for a verdict", async () => {
    const org = await createOrganization();
    const cases = [
      [["pass", "500", "400"], "undecided", { judges: 3, pass: 1, fail: 0, abstained: 0, unanswered: 2 }],
      [["unsure", "unsure", "unsure"], "undecided", { judges: 3, pass: 0, fail: 0, abstained: 3, unanswered: 0 }],
      [["drop", "500", "chatty"], "undecided", { judges: 3, pass: 0, fail: 0, abstained: 0, unanswered: 3 }],
      [["pass", "fail", "unsure"], "fail", { judges: 3, pass: 1, fail: 1, abstained: 1, unanswered: 0 }],
    ] as const;
    for (const [models, verdict, counts] of cases) {
      const { panelId } = await openPanel(org, models);
      expect((await ask(org, panelId)).body, models.join()).toMatchObject({ verdict, counts });
    }
  });

  it("calls a judge twice at most, and all of them again only for another request", async () => {
    const org = await createOrganization();
    const { panelId, asked: heard } = await openPanel(org, ["500", "recovers", "pass", "pass"]);
    const first = await ask(org, panelId, { "idempotency-key": "one" });
    expect(first.body.votes.map(({ calls }: { calls: number }) => calls)).toEqual([2, 2, 1, 1]);
    const again = await ask(org, panelId, { "idempotency-key": "one" });
    expect([again.text, again.headers.get("idempotent-replayed")]).toEqual([first.text, "true"]);
    expect(await heard()).toHaveLength(6);
  });

  it("says whether a calibration holds for the judges that were asked", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["attentive", "attentive", "attentive"]);
    const examples = Array.from({ length: 25 }, (_, index) => [
      { answer: `hello ${index}`, label: "pass" as const },
      { answer: `bye ${index}`, label: "fail" as const },
    ]).flat();
    const calibration = await calibrate(org, panelId, labelled("It says hello.", examples));
    expect((await ask(org, panelId)).body.calibrated).toBe(calibration.result.calibrated);
    expect(calibration.result.calibrated).toBe(true);
  });

  it("is for panels in service, and for credentials of the whole organization", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["pass", "pass", "pass"]);
    const agent = await org.call("POST", "/v1/agents", { externalId: "a", name: "A" });
    const bound = await org.call("POST", "/v1/keys", { name: "bound", scopes: ["evals:write"], agentId: agent.body.id });
    expect((await ask(org, panelId, { authorization: `Bearer ${bound.body.key}` })).status).toBe(403);
    await org.call("POST", `/v1/judge-panels/${panelId}/retire`);
    expect((await ask(org, panelId)).status).toBe(409);
  });
});

describe("a jury that is paid for", () => {
  it("answers what was paid for, without what the organization calls its judges, and is in its log", async () => {
    const org = await createOrganization();
    const { panelId, panel } = await openPanel(org, ["attentive", "attentive", "fail"]);
    const named = panel.judges.map((judge: { baseUrl: string; model: string }, seat: number) => ({
      name: `acme-internal-${seat}`,
      baseUrl: judge.baseUrl,
      model: judge.model,
    }));
    expect((await org.call("PATCH", `/v1/judge-panels/${panelId}`, { judges: named })).status).toBe(200);
    await offerPanel(panelId);
    const payer = await newPayer();
    const answer = await pay(payer, forSale(panelId));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ panelId, verdict: "pass", counts: { judges: 3, pass: 2, fail: 1 } });
    expect(answer.body.votes.map(({ judge, vote }: { judge: string; vote: string }) => [judge, vote])).toEqual([
      ["judge-1", "pass"],
      ["judge-2", "pass"],
      ["judge-3", "fail"],
    ]);
    expect(await roundTrips(answer.requestId)).toBe(1);
    for (const secret of ["acme-internal", "sk-", "127.0.0.1", org.orgId, org.keyId]) expect(answer.text).not.toContain(secret);
    expect(await balanceOf(payer)).toBe(990_000);
    expect(await eventsOf(org.orgId)).toEqual([{ resource: panelId, actor: "system:jury-sale" }]);
  });

  it("is one that the administrator offers, with the judges that it was offered with, until it is withdrawn or retired", async () => {
    const org = await createOrganization();
    const { panelId, panel } = await openPanel(org, ["pass", "pass", "pass"]);
    const payer = await newPayer();
    const price = async () => (await askPrice(payer, forSale(panelId))).status;
    expect(await price()).toBe(404);
    await offerPanel(panelId);
    expect(await price()).toBe(402);
    await expect(offerPanel(panelId)).rejects.toThrow("for sale already");
    const judges = panel.judges.map(({ name, baseUrl }: { name: string; baseUrl: string }) => ({ name, baseUrl, model: "fail" }));
    await org.call("PATCH", `/v1/judge-panels/${panelId}`, { judges });
    expect(await price()).toBe(404);
    await offerPanel(panelId);
    expect(await price()).toBe(402);
    await offerPanel(panelId, true);
    expect(await price()).toBe(404);
    await offerPanel(panelId);
    expect(await price()).toBe(402);
    await org.call("POST", `/v1/judge-panels/${panelId}/retire`);
    expect(await price()).toBe(404);
    await expect(offerPanel(panelId)).rejects.toThrow("retired");
    await expect(offerPanel(newId("judgePanel"))).rejects.toThrow("no judge panel");
  });

  it("in which fewer judges answer than make a jury was not delivered: the payment is kept as a credit, and the calls are in the log", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["drop", "500", "pass"]);
    await offerPanel(panelId);
    const payer = await newPayer();
    const answer = await pay(payer, forSale(panelId));
    expect([answer.status, answer.body.code], answer.text).toEqual([503, "payment_credited"]);
    expect(decoded(answer.headers.get("payment-response"))).toMatchObject({ success: true });
    expect(await eventsOf(org.orgId)).toHaveLength(1);
    expect(await balanceOf(payer)).toBe(990_000);
  });

  it("was answered where judges abstain, and is undecided", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["unsure", "unsure", "500"]);
    await offerPanel(panelId);
    const answer = await pay(await newPayer(), forSale(panelId));
    expect(answer.body).toMatchObject({ verdict: "undecided", value: null, counts: { abstained: 2, unanswered: 1 } });
  });

  it("was answered where judges say what is no word of the menu: a question that confuses them is not asked again for nothing", async () => {
    const org = await createOrganization();
    const { panelId, asked } = await openPanel(org, ["chatty", "chatty", "chatty"]);
    await offerPanel(panelId);
    const payer = await newPayer();
    const answer = await pay(payer, forSale(panelId));
    expect(answer.status, answer.text).toBe(200);
    expect(answer.body).toMatchObject({ verdict: "undecided", counts: { unanswered: 3 } });
    expect((await sendPayment(payer, forSale(panelId), answer.header)).text).toBe(answer.text);
    expect(await asked()).toHaveLength(3);
  });

  it("is not answered unless the organization's log has it", async () => {
    const org = await createOrganization();
    const { panelId } = await openPanel(org, ["pass", "pass", "pass"]);
    await offerPanel(panelId);
    const payer = await newPayer();
    await failDatabase(org.orgId, "down");
    const answer = await pay(payer, forSale(panelId));
    expect([answer.status, answer.body.code]).toEqual([503, "payment_credited"]);
    await failDatabase(org.orgId, "none");
    expect(await eventsOf(org.orgId)).toEqual([]);
    expect((await sendPayment(payer, forSale(panelId), answer.header)).status).toBe(200);
    expect(await eventsOf(org.orgId)).toHaveLength(1);
    expect(await balanceOf(payer)).toBe(990_000);
  });
});
