import { askGate, type GateStub } from "../../access/admit.ts";
import type { Environment } from "../../env.ts";
import { Problem } from "../../http/problem.ts";

/**
 * Takes rights away in the gate first, durably, so that the next request anywhere has them no more; then in the database. What the database
 * refuses for good did not happen, and the gate is told so at once; what it was not told, and what it may have done, it finds out by itself.
 */
export async function withinGate<T>(
  env: Environment,
  orgId: string,
  memberId: string,
  restrict: (gate: GateStub) => Promise<number>,
  write: () => Promise<T>,
): Promise<T> {
  const said = await askGate(env, orgId, restrict);
  try {
    return await write();
  } catch (fault) {
    if (fault instanceof Problem && fault.code === "state_conflict")
      await askGate(env, orgId, async (gate) => gate.liftMember(orgId, memberId, said)).catch(() => undefined);
    throw fault;
  }
}
