import { requestFailures } from "../db/schema/request-failures.ts";
import type { TenantRecorder } from "../db/tenant-db.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";
import type { Call } from "./call.ts";
import { asProblem } from "./as-problem.ts";
import { problems } from "./problem.ts";

/** Keeps why an authenticated request failed, after it was answered. Over-limit requests are summed by the gate instead. */
export function recordFailure({ trace, waitUntil }: Call, recorder: TenantRecorder, thrown: unknown): void {
  const { code, blocker } = asProblem(thrown);
  const row = {
    requestId: trace.requestId,
    operation: trace.operation,
    actor: trace.actor ?? "",
    status: problems[code][0],
    code,
    blocker,
    at: currentTime(),
  };
  const write = recorder.record((db) => [db.orm.insert(requestFailures).values({ orgId: db.orgId, ...row })]);
  waitUntil(write.catch(() => log("error", "failure_record_lost", { requestId: trace.requestId })));
}
