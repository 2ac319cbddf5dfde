import { problem } from "../../http/problem.ts";

/**
 * What surely fits into a ZIP archive without ZIP64: 65,535 files, of which a key history takes up to a thousand, and 4 GiB, which a file of
 * five million events at some 400 bytes a line is far from.
 */
export const archiveLimits = { statements: 64_000, events: 5_000_000 };

/** Refuses before the first byte what the archive's stream would break off on. 409. */
export function requireFits(held: typeof archiveLimits, limits = archiveLimits): void {
  if (held.statements <= limits.statements && held.events <= limits.events) return;
  const most = `${limits.statements.toLocaleString("en")} signed statements and ${limits.events.toLocaleString("en")} events`;
  const others = "GET /v1/audit-events/export, each event's tlog-proof and each statement's bundle are there one by one.";
  const message = `An archive holds at most ${most}; this organization has more. ${others}`;
  throw problem("state_conflict", "more than an archive can hold", { errors: [{ path: "archive", message }] });
}
