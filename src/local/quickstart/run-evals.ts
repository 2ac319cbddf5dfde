import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ApiClient } from "../api-client.ts";
import { PlainFailure } from "../plain-failure.ts";
import type { ProgressLine } from "../progress-line.ts";

const Suites = z.object({ items: z.array(z.object({ id: z.string(), name: z.string(), author: z.string(), caseCount: z.int() })) });
const Run = z.object({ id: z.string(), suiteId: z.string(), status: z.string(), recordedCases: z.int() });
const Runs = z.object({ items: z.array(Run) });
type Suite = z.output<typeof Suites>["items"][number];

const repetitions = 3;
const open = new Set(["queued", "running"]);

/** Runs each of the platform's suites three times, one after the other, the suites side by side; those that there are, count. */
export async function runEvals(
  api: ApiClient,
  { agentId, pactId }: { agentId: string; pactId: string },
  line: ProgressLine,
): Promise<void> {
  const { items } = await api.call("GET", "/v1/suites?limit=100", Suites);
  const suites = items.filter(({ author }) => author === "platform");
  if (suites.length === 0) throw new PlainFailure("The platform's suites are not installed: please run `npm run admin -- install-suites`.");
  const earlier = (await api.call("GET", `/v1/runs?limit=100&agentId=${agentId}`, Runs)).items.toReversed();
  const total = repetitions * suites.reduce((sum, { caseCount }) => sum + caseCount, 0);
  const recorded = new Map<string, number>();
  const over = new Set<string>();

  const start = async (suite: Suite): Promise<z.output<typeof Run>> =>
    api.call("POST", `/v1/agents/${agentId}/runs`, Run, { suiteId: suite.id, pactId, concurrency: 4 });
  const follow = async ({ id }: { id: string }): Promise<void> => {
    for (;;) {
      const run = await api.call("GET", `/v1/runs/${id}`, Run);
      recorded.set(id, run.recordedCases);
      if (!open.has(run.status)) over.add(id);
      show();
      if (over.has(id)) return;
      await sleep(400);
    }
  };
  const show = (): void => {
    const cases = [...recorded.values()].reduce((sum, count) => sum + count, 0);
    line.show(cases / total, `${over.size} of ${suites.length * repetitions} runs, ${cases} of ${total} cases`);
  };

  await Promise.all(
    suites.map(async (suite) => {
      const known = earlier.filter(({ suiteId }) => suiteId === suite.id);
      for (let repetition = 0; repetition < repetitions; repetition += 1) await follow(known[repetition] ?? (await start(suite)));
    }),
  );
  line.end();
}
