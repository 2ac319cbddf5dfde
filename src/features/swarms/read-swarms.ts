import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import type { SwarmView } from "./schemas.ts";
import { selectSwarm, selectSwarms } from "./store.ts";
import { toSwarm } from "./swarm.ts";

export async function listSwarms({ tenant }: ReadContext, page: Page): Promise<{ items: SwarmView[]; nextCursor: string | null }> {
  const [rows] = await tenant.read((db) => [selectSwarms(db, page)]);
  return toPage(rows, page, ({ createdAt, id }) => ({ at: createdAt, id }), toSwarm);
}

export async function getSwarm({ tenant }: ReadContext, swarmId: string): Promise<SwarmView> {
  const [[swarm]] = await tenant.read((db) => [selectSwarm(db, swarmId)]);
  if (swarm === undefined) throw problem("not_found", "no such swarm");
  return toSwarm(swarm);
}
