import type { LogRefusal } from "../../audit/log.durable-object.ts";
import { problem, type Problem } from "../../http/problem.ts";

/** What a log would not answer, as a failure. */
export function refuse(refusal: LogRefusal): Problem {
  switch (refusal.reason) {
    case "stopped":
      return problem("log_stopped", `${refusal.stop.reason} at ${refusal.stop.seq}`);
    case "unavailable":
    case "behind":
      return problem("unavailable", `the log is ${refusal.reason}`);
    case "out_of_range":
      return problem("not_found", "no tree of the log has that size or leaf");
  }
}

export const badField = (path: string, message: string): Problem => problem("invalid_request", path, { errors: [{ path, message }] });
