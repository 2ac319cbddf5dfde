import { NeonDbError } from "@neondatabase/serverless";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { Problem, problem } from "../http/problem.ts";

/** The Idempotency-Key's change was made before, by a request whose end we did not see. `otherwise`: what is said where no answer was kept. */
export class AlreadyDone extends Error {
  readonly otherwise: Problem;
  constructor(otherwise: Problem = problem("idempotency_key_expired", "the change was made, its answer is no longer kept")) {
    super("already done");
    this.otherwise = otherwise;
  }
}

/** The event was logged before, by its own identifier. */
export class AlreadyLogged extends Error {}

/** A provider's event was handled in this organization before. */
export class AlreadyHandled extends Error {}

/** A receipt was signed behind one that is not the last of its chain any more; `detail` is what app.follow_chain says of the chain. */
export class ChainMoved extends Problem {
  readonly detail: string;
  constructor(detail: string) {
    super("state_conflict", "unique receipts_chain");
    this.detail = detail;
  }
}

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
      if (cause.constraint === "receipts_chain" && cause.detail !== undefined) return new ChainMoved(cause.detail);
      if (cause.constraint === "provider_events_pkey") return new AlreadyHandled();
      if (cause.constraint === "audit_events_id") return new AlreadyLogged();
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
