import { plans } from "../../access/plans.ts";
import { requireAgent } from "../../access/principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../http/as-problem.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { log } from "../../platform/logger.ts";
import { endpointProof, selectAgent } from "../agents/index.ts";
import { selectPact } from "../pacts/index.ts";
import { platformAuthor } from "../scores/index.ts";
import { emptyCounts } from "./run.ts";
import type { RunView, StartRunBody } from "./schemas.ts";
import { countOpenRuns, insertRun, requireRoom, selectOwnSuiteHead, selectPlatformSuiteHead, type RunRow } from "./store.ts";
import { toRun } from "./views.ts";
import type { z } from "@hono/zod-openapi";

type Context = WriteContext<"run.queued">;
type Body = z.output<typeof StartRunBody>;

/** Queues a run of a suite against an agent, within the organization's plan, and hands it to the workflow. */
export async function startRun(context: Context, agentId: string, body: Body): Promise<RunView> {
  requireAgent(context.principal, agentId);
  const { tenant, plan } = context;
  const limits = plans[plan];
  const row = await planRun(context, agentId, body);
  const view = toRun(row);
  await tenant.write({ action: "run.queued", resource: row.id, change: view, answer: view }, (db) => [
    insertRun(db, row),
    requireRoom(db, row.id, limits.concurrentRuns),
  ]);
  await launchRun(context.env, tenant.orgId, row.id);
  return view;
}

/** A run that could not be handed over stays queued, and the sweep hands it over again. */
export async function launchRun(env: Environment, orgId: string, runId: string): Promise<void> {
  try {
    await env.bindings.EVAL_RUN.create({ id: runId, params: { orgId, runId } });
  } catch (fault) {
    log("warn", "run_not_launched", { runId, fault: describeFault(fault) });
  }
}

const nothingYet = {
  recordedCases: 0,
  status: "queued",
  passRate: null,
  availability: null,
  lower95: null,
  verdict: null,
  reasonCodes: [],
  startedAt: null,
  finishedAt: null,
} as const;

async function planRun({ tenant, plan, principal, env, now }: Context, agentId: string, body: Body): Promise<Omit<RunRow, "orgId">> {
  const { suiteId, pactId = "" } = body;
  const [[agent], [own], [platform], [pact], [runs]] = await tenant.read((db) => [
    selectAgent(db, agentId),
    selectOwnSuiteHead(db, suiteId),
    selectPlatformSuiteHead(db, suiteId),
    selectPact(db, pactId),
    countOpenRuns(db),
  ]);
  if (agent === undefined) throw problem("not_found", "no such agent");
  const suite = own ?? platform;
  if (suite === undefined) throw problem("not_found", "no such suite");
  requireReady(agent, env, now);
  if (pactId !== "") requirePact(pact, agentId);
  const limits = plans[plan];
  if (suite.caseCount > limits.casesPerRun) throw problem("plan_limit", `the plan allows ${limits.casesPerRun} cases in a run`);
  if ((runs?.open ?? 0) >= limits.concurrentRuns) throw problem("plan_limit", `the plan allows ${limits.concurrentRuns} runs at a time`);
  return {
    id: newId("run"),
    agentId,
    agentVersionNumber: agent.versionNumber,
    agentVersionDigest: agent.versionDigest,
    pactId: pact?.id ?? null,
    pactDigest: pact?.digest ?? null,
    suiteId: suite.id,
    suiteDigest: suite.digest,
    suiteAuthor: own === undefined ? platformAuthor : tenant.orgId,
    mode: body.mode,
    concurrency: body.concurrency,
    floor: suite.floor,
    requestedBy: principal.actor,
    counts: emptyCounts(suite.caseCount),
    ...nothingYet,
    createdAt: now,
    updatedAt: now,
  };
}

type AgentRow = Awaited<ReturnType<typeof selectAgent>>[number];

function requireReady(agent: AgentRow, env: Environment, now: Date): void {
  if (agent.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  if (agent.endpointUrl === null) throw problem("state_conflict", "the agent has no endpoint");
  const proof = endpointProof(agent, env, now);
  if (!proof.ok) throw problem("state_conflict", `endpoint: ${proof.reason}`);
}

type PactRow = Awaited<ReturnType<typeof selectPact>>[number];

function requirePact(pact: PactRow | undefined, agentId: string): void {
  if (pact === undefined || pact.agentId !== agentId) throw problem("not_found", "no such pact of this agent");
  if (pact.state !== "active") throw problem("state_conflict", `the pact is ${pact.state}`);
}
