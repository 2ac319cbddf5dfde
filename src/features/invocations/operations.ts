import { defineOperation } from "../../http/define-operation.ts";
import { invokeGrant } from "./invoke.ts";
import { getInvocation, listInvocations } from "./read-invocations.ts";
import {
  Invocation,
  InvocationPage,
  InvocationParams,
  InvokeBody,
  Invoked,
  InvokeParams,
  InvokeToolParams,
  ListInvocationsQuery,
  SettleBody,
} from "./schemas.ts";
import { settleInvocation } from "./settle-invocation.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "grants:read" } } as const;

const use = {
  governance: "autonomous-action",
  method: "post",
  access: { mode: "tenant", scope: "grants:invoke" },
  audit: "grant.invoked",
  response: { status: 200, body: Invoked },
} as const;

export const invocationOperations = [
  defineOperation({
    ...use,
    id: "grants.invoke",
    path: "/v1/grants/{grantId}/invoke",
    summary: "Use a grant: decided, sent where that is due, and receipted",
    guide:
      "The caller is the agent that the credential is bound to. Every decision has a receipt. `pending`: a person is asked; repeat the very request once the approval is `approved`, with another `Idempotency-Key` or none: under the first one it is answered `pending` for 24 hours. In simulation nothing is sent, and nobody is asked. With an `Idempotency-Key` nothing is sent twice: where nobody knows what came of the first request, a repeat is answered `409 invocation_in_doubt`.",
    request: { params: InvokeParams, body: InvokeBody },
    handle: ({ input: { params, body }, ...context }) => invokeGrant(context, params, body),
  }),
  defineOperation({
    ...use,
    id: "tools.invoke",
    path: "/v1/tools/{toolName}/invoke",
    summary: "Use a grant by its tool's name",
    guide: "What `POST /v1/grants/{grantId}/invoke` does, for the grant of the caller's agent that has this `toolName`.",
    request: { params: InvokeToolParams, body: InvokeBody },
    handle: ({ input: { params, body }, ...context }) => invokeGrant(context, params, body),
  }),
  defineOperation({
    ...read,
    id: "invocations.list",
    tool: "list_invocations",
    path: "/v1/invocations",
    summary: "List invocations, newest first",
    request: { query: ListInvocationsQuery },
    response: { status: 200, body: InvocationPage },
    handle: ({ input, ...context }) => listInvocations(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "invocations.get",
    tool: "get_invocation",
    path: "/v1/invocations/{invocationId}",
    summary: "Read an invocation",
    request: { params: InvocationParams },
    response: { status: 200, body: Invocation },
    handle: ({ input, ...context }) => getInvocation(context, input.params.invocationId),
  }),
  defineOperation({
    governance: "tenant-mutation",
    method: "post",
    access: { mode: "operator", scope: "grants:write" },
    id: "invocations.settle",
    path: "/v1/invocations/{invocationId}/settle",
    summary: "Say what came of an invocation whose effect is unknown",
    audit: "invocation.settled",
    request: { params: InvocationParams, body: SettleBody },
    response: { status: 200, body: Invocation },
    handle: ({ input: { params, body }, ...context }) => settleInvocation(context, params.invocationId, body),
  }),
];
