import { z } from "@hono/zod-openapi";
import { defineOperation } from "../../http/define-operation.ts";
import { cancelRun } from "./cancel-run.ts";
import { createSuite } from "./create-suite.ts";
import { getRun, listCases, listRuns } from "./read-runs.ts";
import { getSuite, listSuites } from "./read-suites.ts";
import {
  AgentParams,
  CasePage,
  ListCasesQuery,
  ListRunsQuery,
  ListSuitesQuery,
  Run,
  RunPage,
  RunParams,
  StartRunBody,
  Suite,
  SuiteHead,
  SuitePage,
  SuiteParams,
} from "./schemas.ts";
import { startRun } from "./start-run.ts";
import { SuiteDefinition } from "./suite.ts";
import { suiteJsonSchema } from "./suite-schema.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "evals:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "evals:write" } } as const;

export const evalOperations = [
  defineOperation({
    id: "suites.get_schema",
    governance: "public-read",
    method: "get",
    access: { mode: "public" },
    path: "/v1/suite-schema",
    summary: "The JSON Schema of a suite",
    request: {},
    response: { status: 200, body: z.looseObject({}), cacheControl: "public, max-age=3600" },
    handle: async () => suiteJsonSchema(),
  }),
  defineOperation({
    ...change,
    id: "suites.create",
    path: "/v1/suites",
    summary: "Store an eval suite",
    audit: "suite.created",
    request: { body: SuiteDefinition },
    response: { status: 201, body: SuiteHead },
    handle: ({ input, ...context }) => createSuite(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "suites.list",
    tool: "list_eval_suites",
    path: "/v1/suites",
    summary: "List the organization's and the platform's suites",
    request: { query: ListSuitesQuery },
    response: { status: 200, body: SuitePage },
    handle: ({ input, ...context }) => listSuites(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "suites.get",
    path: "/v1/suites/{suiteId}",
    summary: "Read a suite with its cases",
    request: { params: SuiteParams },
    response: { status: 200, body: Suite },
    handle: ({ input, ...context }) => getSuite(context, input.params.suiteId),
  }),
  defineOperation({
    ...change,
    // It has a third party called, again and again: the gate passes a storage write before it admits one.
    governance: "autonomous-action",
    id: "runs.start",
    tool: "start_eval_run",
    path: "/v1/agents/{agentId}/runs",
    summary: "Run a suite against an agent",
    audit: "run.queued",
    request: { params: AgentParams, body: StartRunBody },
    response: { status: 202, body: Run },
    handle: ({ input, ...context }) => startRun(context, input.params.agentId, input.body),
  }),
  defineOperation({
    ...read,
    id: "runs.list",
    tool: "list_eval_runs",
    path: "/v1/runs",
    summary: "List eval runs",
    request: { query: ListRunsQuery },
    response: { status: 200, body: RunPage },
    handle: ({ input, ...context }) => listRuns(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "runs.get",
    tool: "get_eval_run",
    path: "/v1/runs/{runId}",
    summary: "Read an eval run",
    request: { params: RunParams },
    response: { status: 200, body: Run },
    handle: ({ input, ...context }) => getRun(context, input.params.runId),
  }),
  defineOperation({
    ...read,
    id: "runs.list_cases",
    path: "/v1/runs/{runId}/cases",
    summary: "List the cases of a run with every check",
    request: { params: RunParams, query: ListCasesQuery },
    response: { status: 200, body: CasePage },
    handle: ({ input, ...context }) => listCases(context, input.params.runId, input.query),
  }),
  defineOperation({
    ...change,
    id: "runs.cancel",
    path: "/v1/runs/{runId}/cancel",
    summary: "Cancel a run; what it has found stays evidence, and what the agent is being asked counts as left without an answer",
    audit: "run.cancelled",
    request: { params: RunParams },
    response: { status: 200, body: Run },
    handle: ({ input, ...context }) => cancelRun(context, input.params.runId),
  }),
];
