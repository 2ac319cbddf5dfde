import type { ratings, receiptRatings } from "../../db/schema/ratings.ts";
import type { GivenView, ReceivedView } from "./schemas.ts";

export const toGiven = (row: Omit<typeof ratings.$inferSelect, "orgId" | "eventSeq">): GivenView => ({
  id: row.id,
  organizationId: row.receiptOrgId,
  receiptId: row.receiptId,
  receiptDigest: row.receiptDigest,
  agentId: row.agentId,
  value: row.value,
  ratedBy: row.ratedBy,
  ratedAt: row.createdAt.toISOString(),
});

export const toReceived = (row: typeof receiptRatings.$inferSelect): ReceivedView => ({
  id: row.id,
  receiptId: row.receiptId,
  agentId: row.agentId,
  value: row.value,
  organizationId: row.raterOrgId,
  counterparty: row.raterGroup,
  ratedAt: row.ratedAt.toISOString(),
  notedAt: row.notedAt.toISOString(),
});
