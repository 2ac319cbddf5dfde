import type { Meter } from "../db/tenant-db.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";

/** What one request did, filled in as it goes: the source of the log line and of Server-Timing. */
export type Trace = {
  readonly requestId: string;
  readonly traceparent: string | null;
  readonly startedAt: number;
  readonly meter: Meter;
  gateMs: number;
  method: string;
  operation: string;
  route: string;
  actor: string | null;
  orgId: string | null;
  code: string | null;
  blocker: string | null;
  /** Whether a failure is shown as a page. */
  forPeople: boolean;
};

const traceparentPattern = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A trace of what is known before anything is read. A `traceparent` that is malformed is none (W3C Trace Context). */
export function startTrace(request: Request, requestId: string): Trace {
  const traceparent = request.headers.get("traceparent");
  return {
    requestId,
    traceparent: traceparent !== null && traceparentPattern.test(traceparent) ? traceparent : null,
    startedAt: currentTime().getTime(),
    meter: { trips: 0, durationMs: 0 },
    gateMs: 0,
    method: request.method,
    operation: "unmatched",
    route: "unmatched",
    actor: null,
    orgId: null,
    code: null,
    blocker: null,
    forPeople: false,
  };
}

/** The Server-Timing value: gate, database (with its round trips) and total, in milliseconds. */
export const serverTiming = (trace: Trace): string =>
  `gate;dur=${trace.gateMs}, db;dur=${trace.meter.durationMs};desc="${trace.meter.trips} round trips", total;dur=${currentTime().getTime() - trace.startedAt}`;

/** The one log line of a request. */
export function logTrace(trace: Trace, status: number): void {
  const { meter, startedAt, forPeople: _, ...fields } = trace;
  log(status >= 500 ? "error" : "info", "request", {
    ...fields,
    status,
    totalMs: currentTime().getTime() - startedAt,
    dbMs: meter.durationMs,
    dbTrips: meter.trips,
  });
}
