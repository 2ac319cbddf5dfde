import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectAgent } from "../agents/index.ts";
import type { Teamwork, TeamworkQuery } from "./schemas.ts";
import { countVisits, selectRoomsVisited } from "./store.ts";

/** Where an agent met others, and how much it said there: for its own organization alone, and worth nothing in any score. */
export async function readTeamwork(
  { tenant, principal }: ReadContext,
  agentId: string,
  { limit, cursor }: z.output<typeof TeamworkQuery>,
): Promise<z.input<typeof Teamwork>> {
  requireAgent(principal, agentId);
  const [[agent], [total], rooms] = await tenant.read((db) => [
    selectAgent(db, agentId),
    countVisits(db, agentId),
    selectRoomsVisited(db, agentId, cursor, limit + 1),
  ]);
  if (agent === undefined || total === undefined) throw problem("not_found", "no such agent");
  const shown = rooms.slice(0, limit);
  return {
    agentId,
    assurance: 0,
    scored: false,
    total: { rooms: total.rooms, ...toCounts(total) },
    items: shown.flatMap(({ roomId, ...counted }) => {
      const { firstJoinedAt, lastLeftAt, ...counts } = toCounts(counted);
      return firstJoinedAt === null || lastLeftAt === null ? [] : [{ roomId, ...counts, firstJoinedAt, lastLeftAt }];
    }),
    nextCursor: rooms.length > limit ? (shown.at(-1)?.roomId ?? null) : null,
  };
}

type Counted = Omit<Awaited<ReturnType<typeof selectRoomsVisited>>[number], "roomId">;

/** Of no visits at all, a sum is null. */
const toCounts = ({ visits, messages, effects, firstJoinedAt, lastLeftAt }: Counted) => ({
  visits,
  messages: messages ?? 0,
  effects: effects ?? 0,
  firstJoinedAt: firstJoinedAt?.toISOString() ?? null,
  lastLeftAt: lastLeftAt?.toISOString() ?? null,
});
