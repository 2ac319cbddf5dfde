import { defineOperation } from "../../http/define-operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toAuditEvent } from "./audit-event.ts";
import { exportEvents } from "./export-events.ts";
import {
  AuditEventPage,
  ExportQuery,
  ListEventsQuery,
  ListSecurityEventsQuery,
  RequestFailure,
  RequestParams,
  SecurityEventPage,
} from "./schemas.ts";
import { selectEvents, selectFailure, selectSecurityEvents } from "./store.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "audit:read" } } as const;

export const auditOperations = [
  defineOperation({
    ...read,
    id: "audit_events.list",
    path: "/v1/audit-events",
    summary: "List audit events, newest first",
    request: { query: ListEventsQuery },
    response: { status: 200, body: AuditEventPage },
    handle: async ({ input: { query }, tenant }) => {
      const [rows] = await tenant.read((db) => [selectEvents(db, query, query.before, query.limit + 1)]);
      const items = rows.slice(0, query.limit).map(toAuditEvent);
      return { items, nextBefore: rows.length > query.limit ? (items.at(-1)?.seq ?? null) : null };
    },
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
    handle: async ({ input: { query }, tenant }) => {
      const [rows] = await tenant.read((db) => [selectSecurityEvents(db, query)]);
      return toPage(
        rows,
        query,
        (row) => ({ at: row.minute, id: row.id }),
        ({ id, kind, credential, minute, count }) => ({ id, kind, credential, minute: minute.toISOString(), count }),
      );
    },
  }),
  defineOperation({
    ...read,
    id: "requests.get",
    path: "/v1/requests/{requestId}",
    summary: "Read why a request failed",
    request: { params: RequestParams },
    response: { status: 200, body: RequestFailure },
    handle: async ({ input: { params }, tenant }) => {
      const [[row]] = await tenant.read((db) => [selectFailure(db, params.requestId)]);
      if (row === undefined) throw problem("not_found", "no failure of this organization has that request id");
      return { ...row, at: row.at.toISOString() };
    },
  }),
];
