import { credentialOf, requireWholeOrganization } from "../../access/principal.ts";
import { insertSecurityEvents } from "../../access/security-event.ts";
import type { MediaAnswer, ReadContext } from "../../http/operation.ts";
import { csvColumns, csvLine, toAuditEvent } from "./audit-event.ts";
import type { AuditEventView, AuditFilters } from "./schemas.ts";
import { selectEvents } from "./store.ts";

const pageRows = 1000;

const formats = {
  jsonl: { mediaType: "application/jsonl", head: "", line: (event: AuditEventView) => `${JSON.stringify(event)}\n` },
  csv: {
    mediaType: "text/csv",
    head: csvLine(csvColumns),
    line: (event: AuditEventView) => csvLine(csvColumns.map((column) => event[column])),
  },
} as const;

/** Streams the organization's events, newest first, in keyset pages of one round trip each; that it was exported is recorded first. */
export async function exportEvents(
  { tenant, principal, now }: ReadContext,
  filters: AuditFilters,
  format: keyof typeof formats,
): Promise<MediaAnswer> {
  const { mediaType, head, line } = formats[format];
  requireWholeOrganization(principal);
  const exported = { kind: "audit_exported", credential: credentialOf(principal), at: now, count: 1 } as const;
  await tenant.record((db) => [insertSecurityEvents(db, [exported])]);
  const utf8 = new TextEncoder();
  let before: number | undefined;
  const content = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(utf8.encode(head)),
    pull: async (controller) => {
      const [rows] = await tenant.read((db) => [selectEvents(db, filters, before, pageRows)]);
      if (rows.length > 0) controller.enqueue(utf8.encode(rows.map((row) => line(toAuditEvent(row))).join("")));
      before = rows.at(-1)?.seq;
      if (rows.length < pageRows) controller.close();
    },
  });
  return { content, mediaType, headers: { "Content-Disposition": `attachment; filename="audit-events.${format}"` } };
}
