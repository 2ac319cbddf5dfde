import { plans, type Plan } from "../../access/plans.ts";
import { requireAgent, type Principal } from "../../access/principal.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem, type Problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { log } from "../../platform/logger.ts";
import { endpointProof, selectAgent } from "../agents/index.ts";
import { digestPrompt, selectNewestCalibration, selectPanel, validForMs } from "../judge-panels/index.ts";
import { selectPact } from "../pacts/index.ts";
import { judgement, platformAuthor } from "../scores/index.ts";
import { isConflict } from "./persist.ts";
import { emptyCounts, mostChecksOf, type SuiteSize } from "./run.ts";
import type { RunView, StartRunBody } from "./schemas.ts";
import { countOpenRuns, insertRun, requireRoom, selectOwnSuiteHead, selectPlatformSuiteHead, type RunRow } from "./store.ts";
import { toRun } from "./views.ts";
import type { z } from "@hono/zod-openapi";

type Context = Pick<WriteContext<"run.queued">, "tenant" | "plan" | "env" | "now"> & {
  /** Who asks: a credential, or what acts for the organization. */
  readonly principal: Pick<Principal, "agentId"> & { readonly actor: string };
};
type Body = z.output<typeof StartRunBody>;

/** Queues a run of a suite against an agent, within the organization's plan, and hands it to the workflow. */
export async function startRun(context: Context, agentId: string, body: Body): Promise<RunView> {
  requireAgent(context.principal, agentId);
  const { tenant, plan } = context;
  const row = await planRun(context, agentId, body);
  const view = toRun(row);
  try {
    await tenant.write({ action: "run.queued", resource: row.id, change: view, answer: view }, (db) => [
      insertRun(db, row),
      requireRoom(db, row.id, plans[plan].concurrentRuns),
    ]);
  } catch (thrown) {
    // Another run took the room since we counted: requireRoom is the only statement here that may match nothing.
    throw isConflict(thrown) ? tooManyRuns(plan) : thrown;
  }
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
  jury: null,
  reasonCodes: [],
  startedAt: null,
  finishedAt: null,
} as const;

async function planRun(context: Context, agentId: string, body: Body): Promise<Omit<RunRow, "orgId">> {
  const { tenant, plan, principal, now } = context;
  const { suiteId, pactId = "", judgePanelId = "" } = body;
  const promptDigest = await digestPrompt();
  const [[agent], [own], [platform], [pact], [panel], [calibration], [runs]] = await tenant.read((db) => [
    selectAgent(db, agentId),
    selectOwnSuiteHead(db, suiteId),
    selectPlatformSuiteHead(db, suiteId),
    selectPact(db, pactId),
    selectPanel(db, judgePanelId),
    selectNewestCalibration(db, judgePanelId, promptDigest, new Date(now.getTime() - validForMs)),
    countOpenRuns(db),
  ]);
  if (agent === undefined) throw problem("not_found", "no such agent");
  const suite = own ?? platform;
  if (suite === undefined) throw refusal("invalid_request", "body.suiteId", "There is no such suite.");
  if (pactId !== "" && pact?.agentId !== agentId) throw refusal("invalid_request", "body.pactId", "There is no such pact of this agent.");
  requireReady(agent, context);
  if (pact !== undefined) requireActive(pact);
  if (judgePanelId !== "") requirePanel(panel, suite.juryCount, plans[plan].judgeCallsPerRun);
  requireBounded(suite, pact, plans[plan].casesPerRun);
  if ((runs?.open ?? 0) >= plans[plan].concurrentRuns) throw tooManyRuns(plan);
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
    judgePanelId: panel?.id ?? null,
    judgePanelVersion: panel?.version ?? null,
    judgePanelDigest: panel?.digest ?? null,
    calibrationId: calibration?.calibrated === true ? calibration.id : null,
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

/** Names what stands in the way, so that the caller can tell one 409 from another. */
const refusal = (code: "invalid_request" | "state_conflict" | "plan_limit", path: string, message: string): Problem =>
  problem(code, message, { errors: [{ path, message }] });

const tooManyRuns = (plan: Plan): Problem => problem("plan_limit", `the plan allows ${plans[plan].concurrentRuns} runs at a time`);

type AgentRow = Awaited<ReturnType<typeof selectAgent>>[number];

/** An endpoint whose proof has become stale is asked again when the run begins. */
function requireReady(agent: AgentRow, { env, now }: Context): void {
  if (agent.archivedAt !== null) throw refusal("state_conflict", "agent.archivedAt", "The agent is archived.");
  const proof = endpointProof(agent, env, now);
  if (proof.ok || proof.reason === "stale") return;
  if (proof.reason === "no_endpoint") throw refusal("state_conflict", "agent.endpoint", "The agent has no endpoint.");
  throw refusal("state_conflict", "agent.endpoint.proof", `The agent's endpoint may not be called: ${proof.reason}.`);
}

type PactRow = Awaited<ReturnType<typeof selectPact>>[number];

function requireActive({ state }: PactRow): void {
  if (state !== "active") throw refusal("state_conflict", "body.pactId", `The pact is not active: it is ${state}.`);
}

type PanelRow = Awaited<ReturnType<typeof selectPanel>>[number];

function requirePanel(panel: PanelRow | undefined, juryChecks: number, mostCalls: number): void {
  if (panel === undefined) throw refusal("invalid_request", "body.judgePanelId", "There is no such judge panel.");
  if (panel.retiredAt !== null) throw refusal("state_conflict", "body.judgePanelId", "The judge panel is retired.");
  const calls = juryChecks * panel.judges.length;
  if (calls <= mostCalls) return;
  throw refusal(
    "plan_limit",
    "body.judgePanelId",
    `The suite takes ${calls} votes of this panel; the plan allows ${mostCalls} calls of judges in a run.`,
  );
}

function requireBounded(suite: SuiteSize, pact: PactRow | undefined, mostCases: number): void {
  if (suite.caseCount > mostCases) throw refusal("plan_limit", "body.suiteId", `The plan allows ${mostCases} cases in a run.`);
  const checks = mostChecksOf(suite, pact?.conditions.length);
  if (checks > judgement.checksConsidered) {
    const message = `With this pact the suite makes up to ${checks} checks; a run has at most ${judgement.checksConsidered}.`;
    throw refusal("invalid_request", "body.pactId", message);
  }
}
