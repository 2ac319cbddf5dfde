import { requireWholeOrganization } from "../../access/principal.ts";
import { demandRoom, suggestRoom } from "../../access/room-control.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { RotationMode, SwarmView } from "./schemas.ts";
import { newSwarmSecret, overlapMs } from "./secret.ts";
import { insertSecret, selectOpenRoomIds, selectSwarm, updateGeneration, updateSecretEnds } from "./store.ts";
import { toSwarm } from "./swarm.ts";

/**
 * A new generation of the swarm's secret. `hard` ends what the former ones opened in every room first: where one room is out of reach the
 * answer is 503, no rotation is claimed, and those that were reached stay closed to the old tokens until it is asked for again.
 */
export async function rotateSecret(
  { tenant, principal, env, box, now }: WriteContext<"swarm.secret_rotated">,
  swarmId: string,
  mode: RotationMode,
): Promise<SwarmView> {
  requireWholeOrganization(principal);
  const [[swarm], rooms] = await tenant.read((db) => [selectSwarm(db, swarmId), selectOpenRoomIds(db, swarmId)]);
  if (swarm === undefined) throw problem("not_found", "no such swarm");
  const { generation } = swarm;
  const secret = await newSwarmSecret(box, swarmId, generation + 1, now);
  const view = toSwarm({ ...swarm, generation: generation + 1, updatedAt: now });
  if (mode === "hard")
    await Promise.all(rooms.map(({ id }) => demandRoom(env, id, (room) => room.revoke({ kind: "generation", upTo: generation }))));
  const formerEnds = mode === "hard" ? now : new Date(now.getTime() + overlapMs);
  const change = { mode, generation: generation + 1, formerEndsAt: formerEnds.toISOString() };
  await tenant.write({ action: "swarm.secret_rotated", resource: swarmId, change, answer: view }, (db) => [
    updateGeneration(db, swarm, now),
    updateSecretEnds(db, swarm, formerEnds, now),
    insertSecret(db, secret),
  ]);
  await Promise.all(rooms.map(({ id }) => suggestRoom(env, id, (room) => room.reload())));
  return view;
}
