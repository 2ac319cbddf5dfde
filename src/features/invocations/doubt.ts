import { AlreadyDone } from "../../db/database-fault.ts";
import { problem, type Problem } from "../../http/problem.ts";

const inDoubt = (invocationId: string): Problem =>
  problem("invocation_in_doubt", `${invocationId} is in doubt`, { errors: [{ path: "invocationId", message: invocationId }] });

/** Somebody else wrote of this invocation before its own request could: nobody heard what came of it in time. */
export const lostInDoubt = inDoubt;

/** A request that was sent before under the same Idempotency-Key: its answer where there is one, and 409 where nobody knows what came of it. */
export const sentBefore = (invocationId: string): AlreadyDone => new AlreadyDone(inDoubt(invocationId));
