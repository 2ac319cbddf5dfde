import type { AgentCardView, CardKeyView } from "./schemas.ts";
import type { AgentCardRow, CardKeyRow } from "./store.ts";

export const toCardKey = ({ id, kid, label, thumbprint, algorithm, jwk, ...row }: Omit<CardKeyRow, "orgId">): CardKeyView => ({
  id,
  kid,
  label,
  thumbprint,
  algorithm,
  jwk: { ...jwk },
  pinnedAt: row.pinnedAt.toISOString(),
  unpinnedAt: row.unpinnedAt?.toISOString() ?? null,
});

/** `key` is the one that the card names, as it is now. */
export const toAgentCard = (row: Omit<AgentCardRow, "orgId">, key: CardKeyRow | null): AgentCardView => ({
  agentId: row.agentId,
  url: row.url,
  digest: row.digest,
  protocolVersion: row.protocolVersion,
  signature: { outcome: row.signature, key: key === null ? null : toCardKey(key) },
  importedAt: row.importedAt.toISOString(),
});
