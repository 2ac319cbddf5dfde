import { AlreadyDone } from "../../db/database-fault.ts";
import { problem, type Problem } from "../../http/problem.ts";

/** What was sent, or may have been, and of which nobody knows what came. */
export const inDoubt = (invocationId: string, blocker: string): Problem =>
  problem("invocation_in_doubt", `${invocationId}: ${blocker}`, { errors: [{ path: "invocationId", message: invocationId }] });

/** A request that was sent before under the same Idempotency-Key: its answer where there is one, and 409 where nobody knows what came of it. */
export const sentBefore = (invocationId: string): AlreadyDone => new AlreadyDone(inDoubt(invocationId, "sent before"));
