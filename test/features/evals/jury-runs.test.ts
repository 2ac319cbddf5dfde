import { describe, expect, it } from "vitest";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import { EvidenceBody } from "../../../src/features/scores/schemas.ts";
import { ownerSees } from "../../support/harness.ts";
import { openPanel } from "../judge-panels/panel-world.ts";
import { openWorld } from "./run-world.ts";

const juryCases = (inputs: readonly string[], over: Record<string, unknown> = {}) =>
  inputs.map((input, index) => ({ id: `c${index}`, input, expectations: [{ kind: "jury", rubric: "It says yes." }], ...over }));
const juryCheckOf = (one: Record<string, unknown> | undefined) => Object(one)["checks"][1];

describe("a run with a judge panel", () => {
  it("has its jury checks decided by votes that stand in each check, and is summed up with what the judges agree on", async () => {
    const world = await openWorld("echo", juryCases(["yes", "no", "yes, of course"]));
    const { panelId, panel, asked } = await openPanel(world, ["attentive", "attentive", "pass"]);
    const run = await world.finish({ judgePanelId: panelId });
    expect(run).toMatchObject({
      status: "completed",
      counts: { passed: 2, failed: 1 },
      judgePanelId: panelId,
      judgePanelVersion: 1,
      judgePanelDigest: panel.digest,
      calibrationId: null,
      jury: { checks: 3, decided: 3, passed: 2, observedRate: 2 / 3, calibrated: false, correctedRate: null, calls: 9 },
    });
    expect(Object(run["jury"]).pairwiseAgreement).toBeCloseTo((1 + 1 / 3 + 1) / 3, 12);
    const cases = await world.cases(run.id);
    expect(juryCheckOf(cases[1])).toMatchObject({
      kind: "jury",
      status: "fail",
      value: 0,
      attribution: "agent",
      reason: "jury_not_convinced",
      jury: {
        panelDigest: panel.digest,
        promptDigest: expect.stringMatching(/^sha256:/),
        calibrationId: null,
        votes: [
          { judge: "judge-0", model: "attentive.0", servedModel: "attentive.0-served", outcome: "voted", vote: "fail", calls: 1 },
          { judge: "judge-1", vote: "fail" },
          { judge: "judge-2", model: "pass.2", vote: "pass" },
        ],
        value: 0,
      },
    });
    const uses = await ownerSees("select kind, credential from security_events where org_id = $1", world.orgId);
    expect(uses).toEqual([{ kind: "sealed_credential_used", credential: panelId }]);
    const keys = new Set(
      (await asked()).map(({ model, authorization }) => `${model} ${authorization?.replace(/^Bearer sk-.*-(\d)$/, "$1")}`),
    );
    expect([...keys].toSorted()).toEqual(["attentive.0 0", "attentive.1 1", "pass.2 2"]);
  });

  it("leaves evidence that names the judges and is worth what uncalibrated ones are", async () => {
    const world = await openWorld("echo", juryCases(["yes", "no"]));
    const { panelId, panel } = await openPanel(world, ["attentive", "attentive", "attentive"]);
    await world.finish({ judgePanelId: panelId });
    const { body } = await world.call("GET", `/v1/agents/${world.agentId}/score/evidence`);
    const entries = body.records[0].entries.filter(({ jury }: { jury?: unknown }) => jury !== undefined);
    expect(entries).toMatchObject([
      { dimension: "accuracy", value: 1, check: "0", jury: { panelDigest: panel.digest, calibrated: false } },
      { dimension: "accuracy", value: 0, check: "0", jury: { panelDigest: panel.digest, calibrated: false } },
    ]);
    const score = await world.call("GET", `/v1/agents/${world.agentId}/score`);
    // Two checks of one first run: 2 × 1/1.3 × 3 (1 − e^(−1/3)) × 0.3.
    expect(score.body.dimensions.accuracy.N).toBeCloseTo((2 / 1.3) * 3 * (1 - Math.exp(-1 / 3)) * 0.3, 4);
    expect(score.body.dimensions.accuracy.independent.N).toBe(0);
    const { agentId: _agent, computed: _computed, ...document } = score.body;
    expect(await computeScore(EvidenceBody.parse(body))).toEqual(document);
  });

  it("leaves unscored what fewer than two judges voted on, and blames the instrument", async () => {
    const world = await openWorld("echo", juryCases(["yes"]));
    const { panelId } = await openPanel(world, ["pass", "chatty", "unsure", "500", "html", "redirect", "drop", "long", "400"]);
    const run = await world.finish({ judgePanelId: panelId });
    expect(run).toMatchObject({
      verdict: "inconclusive",
      counts: { unscored: 1, failed: 0 },
      jury: { checks: 1, decided: 0, observedRate: null },
    });
    const check = juryCheckOf((await world.cases(run.id))[0]);
    expect(check).toMatchObject({ status: "unscored", value: null, attribution: "instrument", reason: "too_few_votes" });
    const outcomes = check.jury.votes.map(({ outcome, calls }: { outcome: string; calls: number }) => `${outcome} ${calls}`);
    expect(outcomes).toEqual([
      "voted 1",
      "off_menu 1",
      "cannot_tell 1",
      "http_500 2",
      "malformed_reply 1",
      "redirect 1",
      "network 2",
      "too_large 1",
      "http_400 1",
    ]);
    const evidence = await ownerSees("select entries, unavailable from evidence where org_id = $1", world.orgId);
    expect(evidence[0]).toMatchObject({
      entries: [{ check: "answered" }],
      unavailable: [{ dimension: "accuracy", reason: "too_few_votes", attribution: "instrument", count: 1 }],
    });
  });

  it("decides with two votes, where half of them convince nobody", async () => {
    const world = await openWorld("echo", juryCases(["yes"]));
    const { panelId } = await openPanel(world, ["pass", "fail", "chatty"]);
    const run = await world.finish({ judgePanelId: panelId });
    expect(juryCheckOf((await world.cases(run.id))[0])).toMatchObject({ status: "fail", value: 0.5, jury: { agreement: 0 } });
  });

  it("asks a judge once more where its endpoint was out of order, and no judge again for a case that is recorded", async () => {
    const world = await openWorld("echo", juryCases(["yes", "yes"]));
    const { panelId, asked } = await openPanel(world, ["recovers", "pass", "429"]);
    const run = await world.finish({ judgePanelId: panelId, concurrency: 1 });
    const votes = juryCheckOf((await world.cases(run.id))[0]).jury.votes;
    expect(votes).toMatchObject([
      { vote: "pass", calls: 2 },
      { vote: "pass", calls: 1 },
      { outcome: "http_429", vote: null, calls: 2 },
    ]);
    expect((await asked()).length).toBe(Object(run["jury"]).calls);
  });

  it("counts a silent agent's jury checks against it as any other, and asks no judge", async () => {
    const cases = juryCases(["easy yes", "hard yes"], { timeoutMs: 2000 });
    const world = await openWorld("hang-on-hard", cases);
    const { panelId, asked } = await openPanel(world, ["attentive", "attentive", "attentive"]);
    const run = await world.finish({ judgePanelId: panelId });
    expect(juryCheckOf((await world.cases(run.id))[1])).toMatchObject({ status: "error", attribution: "agent", reason: "timeout" });
    expect(await asked()).toHaveLength(3);
    const [evidence] = await ownerSees("select entries from evidence where org_id = $1", world.orgId);
    expect(evidence?.["entries"]).toContainEqual({ dimension: "accuracy", value: 0, caseIndex: 1, check: "0" });
  });

  it("that is cancelled counts what the agent was being asked against it, jury checks included, and the rest as not run", async () => {
    const world = await openWorld("hang-on-hard", juryCases(["easy yes", "hard yes", "easy yes"], { timeoutMs: 20_000 }));
    const { panelId } = await openPanel(world, ["attentive", "attentive", "attentive"]);
    const started = await world.start({ judgePanelId: panelId, concurrency: 1 });
    await world.waitFor(started.body.id, ({ recordedCases }) => recordedCases === 1);
    const cancelled = await world.call("POST", `/v1/runs/${started.body.id}/cancel`);
    expect(cancelled.body.jury).toMatchObject({ checks: 1, passed: 1 });
    expect(juryCheckOf((await world.cases(started.body.id))[1])).toMatchObject({ status: "error", reason: "cancelled_while_asked" });
    const [evidence] = await ownerSees("select entries, unavailable from evidence where org_id = $1", world.orgId);
    expect(evidence?.["entries"]).toContainEqual({ dimension: "accuracy", value: 0, caseIndex: 1, check: "0" });
    expect(evidence?.["unavailable"]).toContainEqual({ dimension: "accuracy", reason: "not_run", attribution: "platform", count: 1 });
  });

  it("is refused for a panel that is out of service", async () => {
    const world = await openWorld("echo", juryCases(["yes"]));
    const { panelId } = await openPanel(world, ["pass", "pass", "pass"]);
    await world.call("POST", `/v1/judge-panels/${panelId}/retire`);
    const refused = await world.start({ judgePanelId: panelId });
    expect([refused.status, refused.body.errors[0].path]).toEqual([409, "body.judgePanelId"]);
  });

  it("stays unscored without a panel, as ever", async () => {
    const world = await openWorld("echo", juryCases(["yes"]));
    const run = await world.finish();
    expect(run).toMatchObject({ judgePanelId: null, jury: null });
    const check = juryCheckOf((await world.cases(run.id))[0]);
    expect(check).toMatchObject({ status: "unscored", reason: "no_judge_configured" });
    expect(check).not.toHaveProperty("jury");
  });

  it("is refused where it would take more votes than the plan allows, and for the panel of somebody else as for none", async () => {
    const expectations = Array.from({ length: 11 }, () => ({ kind: "jury", rubric: "It says yes." }));
    const world = await openWorld(
      "echo",
      juryCases(
        Array.from({ length: 10 }, () => "yes"),
        { expectations },
      ),
      { plan: "free" },
    );
    const { panelId } = await openPanel(world, ["pass", "pass", "pass"]);
    const refused = await world.start({ judgePanelId: panelId });
    expect([refused.status, refused.body.code]).toEqual([409, "plan_limit"]);
    const other = await openWorld("echo", juryCases(["yes"]));
    const theirs = await openPanel(other, ["pass", "pass", "pass"]);
    const [foreign, unknown] = [
      await world.start({ judgePanelId: theirs.panelId }),
      await world.start({ judgePanelId: `jpn_${"0".repeat(22)}` }),
    ];
    expect([unknown.status, unknown.body.errors[0].path]).toEqual([400, "body.judgePanelId"]);
    expect(foreign.text.replaceAll(foreign.requestId, "")).toBe(unknown.text.replaceAll(unknown.requestId, ""));
  });
});
