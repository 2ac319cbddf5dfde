import type { Workerd } from "./processes.ts";
import { median } from "./statistics.ts";

/** Of one isolate that decides one after the other. CPU is that of workerd, in milliseconds; NaN where the system does not say. */
export type Decisions = { readonly rules: number; readonly perSecond: number; readonly cpuMs: number; readonly freshCpuMs: number };

const sizes = [1, 10, 100];
/** The CPU's clock ticks each 10 ms: a run is of some seconds. */
const evaluations = 400_000;
const freshRules = 4_000;
const rounds = 3;

/** What a decision costs by a policy that the isolate knows, and by one that it sees for the first time. */
export async function measureDecisions(workerd: Workerd): Promise<readonly Decisions[]> {
  const measured: Decisions[] = [];
  for (const rules of sizes) {
    const count = Math.round(evaluations / (rules + 9));
    await ask(workerd, rules, count, false);
    const runs: { readonly perSecond: number; readonly cpuMs: number }[] = [];
    while (runs.length < rounds) runs.push(await ask(workerd, rules, count, false));
    const fresh = await ask(workerd, rules, freshRules / rules, true);
    measured.push({
      rules,
      perSecond: median(runs.map(({ perSecond }) => perSecond)),
      cpuMs: median(runs.map(({ cpuMs }) => cpuMs)),
      freshCpuMs: fresh.cpuMs,
    });
  }
  return measured;
}

async function ask(workerd: Workerd, rules: number, count: number, fresh: boolean): Promise<{ perSecond: number; cpuMs: number }> {
  const before = await workerd.cpuMs();
  const startedAt = performance.now();
  const response = await fetch(`${workerd.origins.probe}/decisions/${rules}/${fresh ? "fresh" : "known"}?count=${count}`);
  if (!response.ok || (await response.text()) !== "true") throw new Error(`${rules} rules were answered with ${response.status}`);
  return { perSecond: (count * 1_000) / (performance.now() - startedAt), cpuMs: ((await workerd.cpuMs()) - before) / count };
}
