import type { IdempotencyRow } from "./gate-store.ts";

export type IdempotencyRequest = { readonly operation: string; readonly key: string; readonly fingerprint: string };

/** `look_first`: an earlier holder never reported its end, so the database is asked before anything is done. */
export type IdempotencyState = "fresh" | "look_first" | "in_progress" | "done" | "mismatch";

const idempotencyLeaseMs = 60_000;
export const idempotencyKeptMs = 24 * 3_600_000;

/** What an Idempotency-Key means at `nowMs`, given what the gate remembers of it. */
export function decideIdempotency(row: IdempotencyRow | undefined, fingerprint: string, nowMs: number): IdempotencyState {
  if (row === undefined || row.at <= nowMs - idempotencyKeptMs) return "fresh";
  if (row.fingerprint !== fingerprint) return "mismatch";
  if (row.state === "done") return "done";
  return row.at > nowMs - idempotencyLeaseMs ? "in_progress" : "look_first";
}
