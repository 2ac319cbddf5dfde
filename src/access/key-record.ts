import ipaddr from "ipaddr.js";
import { equalInConstantTime } from "./api-key.ts";
import type { Scope } from "./scopes.ts";

/** What the gate knows of a key. Times are milliseconds since 1970; `diesAt` is the earliest of expiry, rotation and revocation. */
export type KeyRecord = {
  readonly secretHash: string;
  readonly scopes: readonly Scope[];
  readonly cidrs: readonly string[];
  readonly agentId: string | null;
  readonly diesAt: number | null;
};

/** `any`: asks only who it is, and does nothing. */
export type AskedScope = Scope | "any";

export type KeyClaim = {
  /** SHA-256 of the secret, or null where a token, already verified, stands for its key. */
  readonly secretHash: string | null;
  /** What the token was given, or null for the key itself. */
  readonly tokenScopes: readonly Scope[] | null;
  /** What it asks to do; null for what only people do. */
  readonly scope: AskedScope | null;
  readonly address: string | null;
};

/** What the credential may do, and so the most that it may pass on. */
export type KeyGrant = Pick<KeyRecord, "scopes" | "cidrs" | "agentId" | "diesAt">;

export type KeyDecision =
  | { readonly ok: true; readonly grant: KeyGrant }
  | { readonly ok: false; readonly reason: KeyRefusal; readonly blocker: string };
type KeyRefusal = "credential_refused" | "address_denied" | "person_needed" | "scope_denied";

const refuse = (reason: KeyRefusal, blocker: string): KeyDecision => ({ ok: false, reason, blocker });

/** Is the key alive, is the address allowed, is this for keys at all, has it the scope: in this order, at `nowMs`. A token is worth what its key is worth now. */
export function decideKey(record: KeyRecord | undefined, claim: KeyClaim, nowMs: number): KeyDecision {
  if (record === undefined) return refuse("credential_refused", "no such key");
  if (claim.secretHash !== null && !equalInConstantTime(record.secretHash, claim.secretHash))
    return refuse("credential_refused", "wrong secret");
  if (record.diesAt !== null && record.diesAt <= nowMs) return refuse("credential_refused", "the key is expired, rotated out or revoked");
  if (record.cidrs.length > 0 && !isAllowed(record.cidrs, claim.address))
    return refuse("address_denied", "the address is not in the key's list");
  if (claim.scope === null) return refuse("person_needed", "a key or a token, where only people decide");
  const scopes = claim.tokenScopes === null ? record.scopes : record.scopes.filter((scope) => claim.tokenScopes?.includes(scope));
  if (claim.scope !== "any" && !scopes.includes(claim.scope)) return refuse("scope_denied", `the credential lacks ${claim.scope}`);
  const { cidrs, agentId, diesAt } = record;
  return { ok: true, grant: { scopes, cidrs, agentId, diesAt } };
}

/** Is the address in one of the blocks? An address that cannot be read is in none. IPv4-mapped IPv6 counts as IPv4. */
export function isAllowed(cidrs: readonly string[], address: string | null): boolean {
  if (address === null || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return cidrs.some((cidr) => {
    const [range, bits] = ipaddr.parseCIDR(cidr);
    return range.kind() === parsed.kind() && parsed.match(range, bits);
  });
}

/** Is every address of `inner` in one of `outer`'s blocks? */
export function isWithin(inner: string, outer: readonly string[]): boolean {
  const [address, bits] = ipaddr.parseCIDR(inner);
  return outer.some((cidr) => {
    const [range, rangeBits] = ipaddr.parseCIDR(cidr);
    return range.kind() === address.kind() && rangeBits <= bits && address.match(range, rangeBits);
  });
}
