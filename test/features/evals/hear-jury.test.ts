import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { actAsSystem } from "../../../src/access/system-principal.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { hearJury, longestJuryMs, seatJury } from "../../../src/features/evals/hear-jury.ts";
import { loadRun } from "../../../src/features/evals/load-run.ts";
import { longestHeardCaseMs } from "../../../src/features/evals/run-liveness.ts";
import { openPanel } from "../judge-panels/panel-world.ts";
import { observe } from "./checks/observation.ts";
import { openWorld } from "./run-world.ts";

const parsed = parseEnvironment(env);
if (!parsed.ok) throw new Error(parsed.missing.join(", "));
const environment = parsed.env;
const cases = [
  {
    id: "c",
    input: "yes",
    expectations: [
      { kind: "contains", values: ["yes"] },
      { kind: "jury", rubric: "It says yes." },
    ],
  },
];

async function ranWith(models: readonly string[]) {
  const world = await openWorld("echo", cases);
  const opened = await openPanel(world, models);
  const run = await world.finish({ judgePanelId: opened.panelId });
  const work = await actAsSystem(environment, world.orgId, "system:eval-run");
  const load = async () => {
    const loaded = await loadRun(work.tenant, run.id);
    if (loaded === undefined) throw new Error("nothing was loaded");
    return loaded;
  };
  const hear = async (given: Awaited<ReturnType<typeof load>>, observation = observe("yes")) => {
    const [suiteCase] = given.suiteCases;
    if (suiteCase === undefined) throw new Error("no case");
    return await hearJury(seatJury(environment, work, given), suiteCase, observation);
  };
  return { world, ...opened, work, load, hear };
}

describe("a run's jury", () => {
  it("is heard on jury checks alone", async () => {
    const { load, hear, asked } = await ranWith(["pass", "pass", "fail"]);
    const jury = await hear(await load());
    expect(jury.rule(1)).toMatchObject({ ok: true, finding: { value: 1 } });
    expect(jury.rule(0)).toEqual({ ok: false, reason: "internal" });
    expect(await asked()).toHaveLength(6);
  });

  it("is told that tool calls were not reported where the protocol has none to report, which is not that none were made", async () => {
    const { load, hear, asked } = await ranWith(["pass", "pass", "pass"]);
    const told = async () => JSON.stringify((await asked()).at(-1));
    const given = await load();
    await hear(given, observe("yes", { toolCalls: [] }));
    expect(await told()).not.toContain("not reported");
    await hear(given, observe("yes", { toolCalls: undefined }));
    expect(await told()).toContain("not reported");
  });

  it("is not heard where its panel has other judges by now, or is retired", async () => {
    const { load, hear, asked, world, panelId, judges } = await ranWith(["pass", "pass", "pass"]);
    const before = await load();
    await world.call("POST", `/v1/judge-panels/${panelId}/retire`);
    expect((await hear(await load())).rule(1)).toEqual({ ok: false, reason: "panel_retired" });
    const changed = { ...before, panel: before.panel && { ...before.panel, digest: `sha256:${"1".repeat(64)}` } };
    expect((await hear(changed)).rule(1)).toEqual({ ok: false, reason: "panel_changed" });
    expect((await hear({ ...before, panel: undefined })).rule(1)).toEqual({ ok: false, reason: "panel_changed" });
    expect((await asked()).length).toBe(judges.length);
  });

  it("has used up what recorded cases took of its calls, when the run is taken up again", async () => {
    const { load, work } = await ranWith(["pass", "pass", "pass"]);
    const loaded = await load();
    const [first] = loaded.recorded;
    if (first === undefined) throw new Error("no case");
    const callsLeft = (recorded: typeof loaded.recorded): number => {
      const jury = seatJury(environment, { ...work, plan: "free" }, { ...loaded, recorded });
      if (jury === null || "absent" in jury) throw new Error("nobody is seated");
      const { takeCall } = jury.bench;
      return Array.from({ length: 400 }, takeCall).filter(Boolean).length;
    };
    expect(callsLeft([])).toBe(300);
    expect(callsLeft(loaded.recorded)).toBe(297);
    expect(callsLeft(Array.from({ length: 200 }, () => first))).toBe(0);
  });

  it("is done with a case long before the case's step ends, however slow the judges", () => {
    expect(longestJuryMs).toBeLessThan(longestHeardCaseMs / 2);
  });
});
