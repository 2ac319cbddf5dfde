import { defineOperation } from "../../http/define-operation.ts";
import { exportEvents } from "./export-events.ts";
import { getFailure, listEvents, listSecurityEvents } from "./read-audit.ts";
import {
  AuditEventPage,
  ExportQuery,
  ListEventsQuery,
  ListSecurityEventsQuery,
  RequestFailure,
  RequestParams,
  SecurityEventPage,
} from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "audit:read" } } as const;

export const auditOperations = [
  defineOperation({
    ...read,
    id: "audit_events.list",
    path: "/v1/audit-events",
    summary: "List audit events, newest first",
    request: { query: ListEventsQuery },
    response: { status: 200, body: AuditEventPage },
    handle: ({ input, ...context }) => listEvents(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "audit_events.export",
    path: "/v1/audit-events/export",
    summary: "Export audit events as a stream of JSON lines or CSV",
    request: { query: ExportQuery },
    response: { status: 200, media: ["application/jsonl", "text/csv"] },
    handle: ({ input: { query }, ...context }) => exportEvents(context, query, query.format),
  }),
  defineOperation({
    ...read,
    id: "security_events.list",
    path: "/v1/security-events",
    summary: "List security events, summed per credential and minute",
    request: { query: ListSecurityEventsQuery },
    response: { status: 200, body: SecurityEventPage },
    handle: ({ input, ...context }) => listSecurityEvents(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "requests.get",
    path: "/v1/requests/{requestId}",
    summary: "Read why a request failed",
    request: { params: RequestParams },
    response: { status: 200, body: RequestFailure },
    handle: ({ input, ...context }) => getFailure(context, input.params.requestId),
  }),
];
