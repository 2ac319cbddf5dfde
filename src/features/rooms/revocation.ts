import type { roomRevocations } from "../../db/schema/swarms.ts";
import type { RevocationView } from "./schemas.ts";

export type RevocationRow = typeof roomRevocations.$inferSelect;
export type NewRevocationRow = Omit<RevocationRow, "orgId">;

export function toRevocation(row: NewRevocationRow, now: Date): RevocationView {
  const { id, roomId, kind, subject, until, revokedBy, liftedAt, createdAt, updatedAt } = row;
  const state = liftedAt !== null ? "lifted" : until !== null && until <= now ? "ended" : "standing";
  return {
    id,
    roomId,
    tokenId: kind === "token" ? subject : null,
    agentId: kind === "agent" ? subject : null,
    state,
    until: until?.toISOString() ?? null,
    revokedBy,
    liftedAt: liftedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
