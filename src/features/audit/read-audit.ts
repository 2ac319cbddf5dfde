import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toAuditEvent } from "./audit-event.ts";
import type { AuditEventPage, ListEventsQuery, RequestFailure, SecurityEventPage } from "./schemas.ts";
import { selectEvents, selectFailure, selectSecurityEvents } from "./store.ts";

/** The organization's events, newest first. The cursor is a sequence number, which no two events share. */
export async function listEvents(
  { tenant, principal }: ReadContext,
  query: z.output<typeof ListEventsQuery>,
): Promise<z.input<typeof AuditEventPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectEvents(db, query, query.cursor, query.limit + 1)]);
  const items = rows.slice(0, query.limit).map(toAuditEvent);
  return { items, nextCursor: rows.length > query.limit ? String(items.at(-1)?.seq) : null };
}

export async function listSecurityEvents({ tenant, principal }: ReadContext, page: Page): Promise<z.input<typeof SecurityEventPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectSecurityEvents(db, page)]);
  return toPage(
    rows,
    page,
    (row) => ({ at: row.minute, id: row.id }),
    ({ id, kind, credential, minute, count }) => ({ id, kind, credential, minute: minute.toISOString(), count }),
  );
}

/** Why a request failed, for 30 days. */
export async function getFailure({ tenant, principal }: ReadContext, requestId: string): Promise<z.input<typeof RequestFailure>> {
  requireWholeOrganization(principal);
  const [[row]] = await tenant.read((db) => [selectFailure(db, requestId)]);
  if (row === undefined) throw problem("not_found", "no failure of this organization has that request id");
  return { ...row, at: row.at.toISOString() };
}
