import { gateOf } from "../../access/admit.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { describeFault } from "../../platform/describe-fault.ts";

/** Once this has returned, the gate decides the organization's next request by the plan that the database has. Out of reach: 503. */
export async function tellGate(env: Environment, orgId: string): Promise<void> {
  try {
    await gateOf(env, orgId).forget();
  } catch (fault) {
    throw problem("unavailable", `gate: ${describeFault(fault)}`);
  }
}
