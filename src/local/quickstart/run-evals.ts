import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ApiClient } from "../api-client.ts";
import { PlainFailure } from "../plain-failure.ts";
import type { ProgressLine } from "../progress-line.ts";
import type { Progress } from "./state.ts";

const Suites = z.object({ items: z.array(z.object({ id: z.string(), name: z.string(), author: z.string(), caseCount: z.int() })) });
const Run = z.object({ id: z.string(), status: z.string(), recordedCases: z.int(), counts: z.object({ total: z.int() }) });
type Suite = z.output<typeof Suites>["items"][number];

const repetitions = 3;
const open = new Set(["queued", "running"]);

/** Runs each of the platform's suites three times, one after the other, the suites side by side. */
export async function runEvals(api: ApiClient, { state, note }: Progress, line: ProgressLine): Promise<void> {
  const { items } = await api.call("GET", "/v1/suites?limit=100", Suites);
  const suites = items.filter(({ author }) => author === "platform");
  if (suites.length === 0) throw new PlainFailure("The platform's suites are not installed: please run `npm run admin -- install-suites`.");
  const total = repetitions * suites.reduce((sum, { caseCount }) => sum + caseCount, 0);
  const recorded = new Map<string, number>();
  const over = new Set<string>();
  const runs = { ...state.runs };

  const runOnce = async (suite: Suite, repetition: number): Promise<void> => {
    const name = `${suite.id}/${repetition}`;
    const path = `/v1/agents/${state.agentId}/runs`;
    const body = { suiteId: suite.id, pactId: state.pactId, concurrency: 4 };
    const id = runs[name] ?? (await api.call("POST", path, Run, body, `quickstart-${state.seed}-${name}`)).id;
    runs[name] = id;
    await note({ runs });
    for (;;) {
      const run = await api.call("GET", `/v1/runs/${id}`, Run);
      recorded.set(name, run.recordedCases);
      if (!open.has(run.status)) break;
      show();
      await sleep(400);
    }
    over.add(name);
    show();
  };
  const show = (): void => {
    const cases = [...recorded.values()].reduce((sum, count) => sum + count, 0);
    line.show(cases / total, `${over.size} of ${suites.length * repetitions} runs, ${cases} of ${total} cases`);
  };

  await Promise.all(
    suites.map(async (suite) => {
      for (let repetition = 1; repetition <= repetitions; repetition += 1) await runOnce(suite, repetition);
    }),
  );
  line.end();
}
