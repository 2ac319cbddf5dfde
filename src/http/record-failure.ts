import { SealedBoxFault } from "../crypto/sealed-box.ts";
import { requestFailures } from "../db/schema/request-failures.ts";
import type { TenantRecorder } from "../db/tenant-db.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";
import type { Call } from "./call.ts";
import { Problem, problem, problems } from "./problem.ts";

/** What was thrown, as a problem. Of what we did not expect, only the name and the place are kept: a message may hold data. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof SealedBoxFault) return problem("unavailable", thrown.message);
  if (!(thrown instanceof Error)) return problem("internal", `a thrown ${typeof thrown}`);
  const frames = (thrown.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  const code = "code" in thrown && typeof thrown.code === "string" ? ` ${thrown.code}` : "";
  return problem("internal", `${thrown.name}${code} ${frames.slice(0, 3).join(" ").replaceAll(/\s+/g, " ")}`);
}

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
