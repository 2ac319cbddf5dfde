import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { CasePage, Run } from "../../features/evals/schemas.ts";
import type { ApiClient } from "../api-client.ts";
import { progressLine } from "../progress-line.ts";

type RunView = z.output<typeof Run>;
type CaseView = z.output<typeof CasePage>["items"][number];

/** Runs a suite against an agent and waits for the end. */
export async function conduct(api: ApiClient, agentId: string, suiteId: string): Promise<RunView> {
  const line = progressLine("eval run");
  let run = await api.call("POST", `/v1/agents/${agentId}/runs`, Run, { suiteId });
  while (run.finishedAt === null) {
    line.show(run.recordedCases / run.counts.total, `${run.recordedCases} of ${run.counts.total} cases`);
    await sleep(400);
    run = await api.call("GET", `/v1/runs/${run.id}`, Run);
  }
  line.show(1, `${run.recordedCases} of ${run.counts.total} cases`);
  line.end();
  return run;
}

/** Every case of a run, in the order of the suite. */
export async function readCases(api: ApiClient, runId: string): Promise<readonly CaseView[]> {
  const cases: CaseView[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: z.output<typeof CasePage> = await api.call(
      "GET",
      `/v1/runs/${runId}/cases?limit=100${cursor && `&cursor=${cursor}`}`,
      CasePage,
    );
    cases.push(...page.items);
    cursor = page.nextCursor;
  }
  return cases;
}
