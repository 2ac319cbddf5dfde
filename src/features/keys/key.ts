import { isWithin, type KeyGrant } from "../../access/key-record.ts";
import { requireWholeOrganization, type Principal } from "../../access/principal.ts";
import type { apiKeys } from "../../db/schema/api-keys.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import type { ApiKeyView } from "./schemas.ts";

export type KeyRow = typeof apiKeys.$inferSelect;

/** What a new key shall be able to do. */
export type WantedKey = Pick<KeyRow, "name" | "scopes" | "cidrs" | "agentId" | "expiresAt" | "replacesId">;

export type MintRefusal = "scope" | "address" | "agent" | "expiry" | "expiry_past";

/** May a key with these rights mint one with those? Never more scopes, wider addresses, another agent or a longer life. */
export function checkMint(minter: KeyGrant, wanted: WantedKey, now: Date): { ok: true } | { ok: false; reason: MintRefusal } {
  if (!wanted.scopes.every((scope) => minter.scopes.includes(scope))) return { ok: false, reason: "scope" };
  if (minter.agentId !== null && wanted.agentId !== minter.agentId) return { ok: false, reason: "agent" };
  if (minter.cidrs.length > 0 && (wanted.cidrs.length === 0 || !wanted.cidrs.every((cidr) => isWithin(cidr, minter.cidrs))))
    return { ok: false, reason: "address" };
  if (minter.diesAt !== null && (wanted.expiresAt === null || wanted.expiresAt.getTime() > minter.diesAt))
    return { ok: false, reason: "expiry" };
  if (wanted.expiresAt !== null && wanted.expiresAt <= now) return { ok: false, reason: "expiry_past" };
  return { ok: true };
}

/** When the old key of a rotation dies: after the overlap, or earlier where it expires of itself. */
export function rotationDeadline(old: Pick<KeyRow, "expiresAt">, overlapSeconds: number, now: Date): Date {
  const overlapEnd = new Date(now.getTime() + overlapSeconds * 1000);
  return old.expiresAt !== null && old.expiresAt < overlapEnd ? old.expiresAt : overlapEnd;
}

export function keyState(key: Pick<KeyRow, "expiresAt" | "revokedAt">, now: Date): "active" | "expired" | "revoked" {
  if (key.revokedAt !== null && key.revokedAt <= now) return "revoked";
  return key.expiresAt !== null && key.expiresAt <= now ? "expired" : "active";
}

/** A key as its organization sees it: everything but the hash. */
export function toApiKey(row: Omit<KeyRow, "orgId">, now: Date, lastUsedMs: number | undefined): ApiKeyView {
  const { id, name, scopes, cidrs, agentId, createdBy, replacesId } = row;
  return {
    id,
    name,
    scopes: [...scopes],
    cidrs: [...cidrs],
    agentId,
    createdBy,
    replacesId,
    state: keyState(row, now),
    expiresAt: row.expiresAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    lastUsedAt: lastUsedMs === undefined ? null : new Date(lastUsedMs).toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}

/** What the organization's own systems are told of a key: what it may do, and not its name, which people choose. */
export const toldOfKey = ({ id: keyId, scopes, agentId, expiresAt }: ApiKeyView): EventData["key.created"] => ({
  keyId,
  scopes,
  agentId,
  expiresAt,
});

/** A key that is bound to one agent may see and end itself, and no other key. */
export function requireOwnOrWhole(principal: Principal, keyId: string): void {
  if (principal.kind === "person" || keyId !== principal.keyId) requireWholeOrganization(principal);
}
