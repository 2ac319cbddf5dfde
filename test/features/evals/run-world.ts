import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { createOrganization, type Answer, type TestOrganization } from "../../support/organization.ts";

type Wish = Parameters<typeof createOrganization>[0];
type Body = Record<string, unknown>;
type RunBody = Body & { readonly id: string };

/** An organization with an agent and a suite: the ground of every test about runs. */
export type RunWorld = TestOrganization & {
  readonly agentId: string;
  readonly suiteId: string;
  readonly start: (body?: Body) => Promise<Answer>;
  /** Starts a run and waits for its end. */
  readonly finish: (body?: Body) => Promise<RunBody>;
  readonly waitFor: (runId: string, until: (run: Body) => boolean) => Promise<RunBody>;
  readonly cases: (runId: string) => Promise<Body[]>;
  /** How often the agent was asked. */
  readonly calls: () => Promise<number>;
};

export const easyCases = (count: number, over: Body = {}): Body[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `c${index}`,
    input: `easy question ${index}`,
    timeoutMs: 1000,
    expectations: [{ kind: "contains", values: ["question"] }, { kind: "pii" }],
    ...over,
  }));

/** `agent` is one of those of test/support/test-agents.node.ts. */
export async function openWorld(
  agent: string,
  cases: readonly Body[],
  wish: Wish & { headers?: Record<string, string> } = {},
): Promise<RunWorld> {
  const organization = await createOrganization(wish);
  const { call } = organization;
  const token = crypto.randomUUID();
  const endpoint = { url: `${env.AGENTS_URL}/${agent}/${token}`, protocol: "json", headers: wish.headers ?? {} };
  const registered = await call("POST", "/v1/agents", { externalId: agent, name: agent, endpoint });
  expect(registered.status, registered.text).toBe(201);
  const stored = await call("POST", "/v1/suites", { name: "Tests", cases });
  expect(stored.status, stored.text).toBe(201);
  const agentId: string = registered.body.id;
  const suiteId: string = stored.body.id;

  const start = (body: Body = {}) => call("POST", `/v1/agents/${agentId}/runs`, { suiteId, ...body });
  const waitFor = async (runId: string, until: (run: Body) => boolean): Promise<RunBody> => {
    // Rarer as it takes longer: looking counts against the plan's minute too.
    for (let tries = 0; tries < 400; tries += 1) {
      const run = await call("GET", `/v1/runs/${runId}`);
      if (run.status === 200 && until(run.body)) return run.body;
      await new Promise((resolve) => setTimeout(resolve, Math.min(100, 10 * tries)));
    }
    throw new Error(`run ${runId} did not get there`);
  };
  return {
    ...organization,
    agentId,
    suiteId,
    start,
    waitFor,
    finish: async (body) => {
      const started = await start(body);
      expect(started.status, started.text).toBe(202);
      return waitFor(started.body.id, ({ finishedAt }) => finishedAt !== null);
    },
    cases: async (runId) => (await call("GET", `/v1/runs/${runId}/cases?limit=100`)).body.items,
    calls: async () => Number(await (await fetch(`${env.AGENTS_URL}/calls/${token}`)).text()),
  };
}
