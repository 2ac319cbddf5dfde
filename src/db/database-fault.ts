import { NeonDbError } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { problem } from "../http/problem.ts";

/** The Idempotency-Key's change was made before, by a request whose end we did not see. */
export class AlreadyDone extends Error {}

const idempotencyConstraints = new Set(["audit_events_idempotency", "idempotent_answers_pkey"]);

/** Lost connections, resources, shutdown, conflicts that a retry mends, and a role or context that app.enter refused. */
const passing = /^(08|53|57|40|AR503)/;

/** What the database refused, as one of our failures; what it said stays in the blocker. AR… codes are raised by migrations/. */
export function toProblem(fault: unknown): unknown {
  const cause = fault instanceof DrizzleQueryError ? fault.cause : fault;
  if (!(cause instanceof NeonDbError)) return fault;
  if (cause.code === undefined || passing.test(cause.code))
    return problem("unavailable", `database ${cause.code ?? "unreachable"}: ${cause.message}`);
  switch (cause.code) {
    case "AR404":
      return problem("not_found", cause.message);
    case "AR409":
      return problem("state_conflict", cause.message);
    case "23505":
      return idempotencyConstraints.has(cause.constraint ?? "")
        ? new AlreadyDone()
        : problem("state_conflict", `unique ${cause.constraint ?? "?"}`);
    case "23503":
      return problem("invalid_request", `foreign key ${cause.constraint ?? "?"}`, {
        errors: [{ path: "body", message: "Refers to something that does not exist." }],
      });
    default:
      return fault;
  }
}
