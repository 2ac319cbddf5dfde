import { plans } from "../../access/plans.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import type { SwarmView } from "./schemas.ts";
import { newSwarmSecret } from "./secret.ts";
import { insertSecret, insertSwarm, requireSwarmWithin } from "./store.ts";
import { toSwarm, type NewSwarmRow } from "./swarm.ts";

/** A swarm with the first generation of a secret that is its own. */
export async function createSwarm(context: WriteContext<"swarm.created">, name: string): Promise<SwarmView> {
  const { tenant, principal, plan, box, now } = context;
  requireWholeOrganization(principal);
  const { swarms: most } = plans[plan];
  const row: NewSwarmRow = { id: newId("swarm"), name, generation: 1, openRooms: 0, revision: 1, createdAt: now, updatedAt: now };
  const secret = await newSwarmSecret(box, row.id, row.generation, now);
  const view = toSwarm(row);
  try {
    await tenant.write({ action: "swarm.created", resource: row.id, change: view, answer: view }, (db) => [
      insertSwarm(db, row),
      insertSecret(db, secret),
      requireSwarmWithin(db, row.id, most),
    ]);
  } catch (thrown) {
    // requireSwarmWithin is the only statement here that may match nothing.
    if (thrown instanceof Problem && thrown.code === "state_conflict") throw problem("plan_limit", `the plan allows ${most} swarms`);
    throw thrown;
  }
  return view;
}
