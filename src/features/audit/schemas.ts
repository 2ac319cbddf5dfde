import { z } from "@hono/zod-openapi";
import { actions } from "../../audit/actions.ts";
import { securityEventKinds } from "../../db/schema/security-events.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { problemCodes } from "../../http/problem.ts";
import { idPattern } from "../../platform/ids.ts";

/** A time from the year 1 on: PostgreSQL has no year 0. */
const Moment = z.iso
  .datetime()
  .refine((text) => !text.startsWith("0000"), "Not a time that can be compared.")
  .transform((text) => new Date(text))
  .openapi({ type: "string", format: "date-time" });

const filters = {
  actor: z.string().max(100).optional().openapi({ description: "Exactly this actor, for example `key:key_…`." }),
  action: z.enum(actions).optional(),
  resource: z.string().max(100).optional(),
  from: Moment.optional(),
  to: Moment.optional(),
};

export const AuditFilter = z.object(filters);
export type AuditFilters = z.output<typeof AuditFilter>;

export const ListEventsQuery = z.object({
  ...filters,
  limit: pageQuery.limit,
  cursor: z.coerce.number().int().min(1).optional().openapi({ type: "string", description: "`nextCursor` of the page before." }),
});

export const ExportQuery = z.object({ ...filters, format: z.enum(["jsonl", "csv"]).default("jsonl") });

export const AuditEvent = z
  .object({
    seq: z.int().openapi({ description: "Counts the organization's events without a gap." }),
    id: z.string(),
    at: z.iso.datetime(),
    actor: z.string(),
    action: z.enum(actions),
    resource: z.string(),
    change: z.string().openapi({ description: "SHA-256 over the canonical JSON of what changed." }),
    commitment: z.string().nullable(),
    requestId: z.string(),
  })
  .openapi("AuditEvent");
export type AuditEventView = z.input<typeof AuditEvent>;

export const AuditEventPage = z.object({ items: z.array(AuditEvent), nextCursor: z.string().nullable() }).openapi("AuditEventPage");

const SecurityEvent = z
  .object({ id: z.string(), kind: z.enum(securityEventKinds), credential: z.string(), minute: z.iso.datetime(), count: z.int() })
  .openapi("SecurityEvent");
export const SecurityEventPage = pageOf(SecurityEvent).openapi("SecurityEventPage");
export const ListSecurityEventsQuery = z.object(pageQuery);

export const RequestParams = z.object({ requestId: z.string().regex(idPattern("request")) });
export const RequestFailure = z
  .object({
    requestId: z.string(),
    operation: z.string(),
    actor: z.string(),
    status: z.int(),
    code: z.enum(problemCodes),
    blocker: z.string().openapi({ description: "The internal reason, which the failing answer did not show." }),
    at: z.iso.datetime(),
  })
  .openapi("RequestFailure");
