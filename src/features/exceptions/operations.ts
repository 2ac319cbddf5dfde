import { defineOperation } from "../../http/define-operation.ts";
import { acknowledgeException, assignException, resolveException } from "./handle-exception.ts";
import { getException, listExceptions } from "./read-exceptions.ts";
import {
  AssignExceptionBody,
  ExceptionParams,
  ListExceptionsQuery,
  ResolveExceptionBody,
  RuntimeException,
  RuntimeExceptionPage,
} from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "exceptions:read" } } as const;
const handle = { governance: "tenant-mutation", method: "post", access: { mode: "operator", scope: "exceptions:write" } } as const;
const one = { request: { params: ExceptionParams }, response: { status: 200, body: RuntimeException } } as const;

export const exceptionOperations = [
  defineOperation({
    ...read,
    id: "exceptions.list",
    path: "/v1/exceptions",
    summary: "List what needs an operator, the newest occurrence first",
    guide:
      "Denials by grant and reason, failures, effects unknown, approvals waiting, grants near a limit, agents whose score falls, and tool calls without a receipt: of the last 30 days, as they are now. What is mended is not listed any more.",
    request: { query: ListExceptionsQuery },
    response: { status: 200, body: RuntimeExceptionPage },
    handle: ({ input, ...context }) => listExceptions(context, input.query),
  }),
  defineOperation({
    ...read,
    ...one,
    id: "exceptions.get",
    path: "/v1/exceptions/{exceptionId}",
    summary: "Read a runtime exception",
    handle: ({ input, ...context }) => getException(context, input.params.exceptionId),
  }),
  defineOperation({
    ...handle,
    id: "exceptions.assign",
    path: "/v1/exceptions/{exceptionId}/assign",
    summary: "Give a runtime exception to a member, or to nobody",
    audit: "exception.assigned",
    request: { params: ExceptionParams, body: AssignExceptionBody },
    response: { status: 200, body: RuntimeException },
    handle: ({ input, ...context }) => assignException(context, input.params.exceptionId, input.body),
  }),
  defineOperation({
    ...handle,
    ...one,
    id: "exceptions.acknowledge",
    path: "/v1/exceptions/{exceptionId}/acknowledge",
    summary: "Say that somebody looks after a runtime exception",
    audit: "exception.acknowledged",
    handle: ({ input, ...context }) => acknowledgeException(context, input.params.exceptionId),
  }),
  defineOperation({
    ...handle,
    id: "exceptions.resolve",
    path: "/v1/exceptions/{exceptionId}/resolve",
    summary: "Close a runtime exception until it occurs again",
    guide:
      "It stays closed while nothing is logged behind what was there when you resolved it. It mends nothing: an unknown effect is settled, and an approval decided, where they are.",
    audit: "exception.resolved",
    request: { params: ExceptionParams, body: ResolveExceptionBody },
    response: { status: 200, body: RuntimeException },
    handle: ({ input, ...context }) => resolveException(context, input.params.exceptionId, input.body),
  }),
];
