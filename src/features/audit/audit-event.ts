import type { AuditEventView } from "./schemas.ts";
import type { AuditRow } from "./store.ts";

export const toAuditEvent = ({ seq, id, at, actor, action, resource, change, commitment, requestId }: AuditRow): AuditEventView => ({
  seq,
  id,
  at: at.toISOString(),
  actor,
  action,
  resource,
  change,
  commitment,
  requestId,
});

/** The columns of the CSV export, in order. */
export const csvColumns = [
  "seq",
  "id",
  "at",
  "actor",
  "action",
  "resource",
  "change",
  "commitment",
  "requestId",
] as const satisfies readonly (keyof AuditEventView)[];

/** One RFC 4180 line. A cell that a spreadsheet would run as a formula gets a leading apostrophe. */
export const csvLine = (cells: readonly (string | number | null)[]): string => `${cells.map(csvCell).join(",")}\r\n`;

function csvCell(value: string | number | null): string {
  if (value === null || typeof value === "number") return String(value ?? "");
  const text = /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
