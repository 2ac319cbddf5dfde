import { defineOperation } from "../../http/define-operation.ts";
import { invoke } from "./invoke.ts";
import { getInvocation, listInvocations } from "./read-invocations.ts";
import {
  Invocation,
  InvocationPage,
  InvocationParams,
  InvokeBody,
  Invoked,
  InvokeParams,
  ListInvocationsQuery,
  SettleBody,
} from "./schemas.ts";
import { settleInvocation } from "./settle-invocation.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "grants:read" } } as const;

export const invocationOperations = [
  defineOperation({
    governance: "autonomous-action",
    method: "post",
    access: { mode: "tenant", scope: "grants:invoke" },
    id: "grants.invoke",
    path: "/v1/grants/{grantId}/invoke",
    summary: "Use a grant: decided, sent where that is due, and receipted",
    guide:
      "The caller is the agent that the credential is bound to. Every decision has a receipt. `pending`: a person is asked; repeat the very request once the approval is `approved`. In simulation nothing is sent, and nobody is asked. With an `Idempotency-Key` nothing is sent twice: where nobody knows what came of the first request, a repeat is answered `409 invocation_in_doubt`.",
    audit: "grant.invoked",
    request: { params: InvokeParams, body: InvokeBody },
    response: { status: 200, body: Invoked },
    handle: ({ input: { params, body }, ...context }) => invoke(context, params.grantId, body),
  }),
  defineOperation({
    ...read,
    id: "invocations.list",
    path: "/v1/invocations",
    summary: "List invocations, newest first",
    request: { query: ListInvocationsQuery },
    response: { status: 200, body: InvocationPage },
    handle: ({ input, ...context }) => listInvocations(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "invocations.get",
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
