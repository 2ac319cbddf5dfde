import { problem } from "../http/problem.ts";
import type { KeyGrant } from "./key-record.ts";
import type { Role } from "./roles.ts";
import type { Scope } from "./scopes.ts";

/** An API key, or an access token that came from one. `agentId` is the one agent it acts as. */
export type KeyPrincipal = KeyGrant & {
  readonly kind: "key" | "token";
  readonly keyId: string;
  /** What the audit log shows. */
  readonly actor: `key:${string}`;
};

/** A signed-in person: acts for the whole organization, with the scopes of the role. What they mint is not bound to their session's end. */
export type Person = KeyGrant & {
  readonly kind: "person";
  readonly via: "clerk" | "local";
  readonly memberId: string;
  readonly sessionId: string;
  /** Of the session, or of the provider's token: when it began and the latest that it ends, in milliseconds since 1970. */
  readonly startedAt: number;
  readonly endsAt: number;
  readonly role: Role;
  readonly actor: `member:${string}`;
};

/** Who acts, once the gate has proved it. */
export type Principal = KeyPrincipal | Person;

/** A credential bound to an agent acts as that agent and no other: any other one does not exist for it. */
export function requireAgent(principal: Pick<Principal, "agentId">, agentId: string): void {
  if (principal.agentId !== null && principal.agentId !== agentId) throw problem("not_found", "the credential is bound to another agent");
}

/** Refuses a credential that is bound to one agent what concerns the whole organization. */
export function requireWholeOrganization(principal: Principal): void {
  if (principal.agentId !== null) throw problem("forbidden", "the credential is bound to one agent");
}

/** For what needs more than the one scope that the gate has asked for. */
export function requireScopes({ scopes }: Pick<Principal, "scopes">, needed: readonly Scope[]): void {
  const missing = needed.find((scope) => !scopes.includes(scope));
  if (missing !== undefined) throw problem("forbidden", `the credential lacks ${missing}`);
}

/** What lives by a key and dies with it needs one: a token makes none, and a session has none. */
export function requireKey(principal: Principal): KeyPrincipal {
  if (principal.kind !== "key") throw problem("forbidden", "only an API key mints this");
  return principal;
}

/** A key is made by a key or a person: an access token mints no credential. */
export function requireMinter(principal: Principal): void {
  if (principal.kind === "token") throw problem("forbidden", "an access token mints no credential");
}

/** For what only people decide: the pipeline lets nobody else in, and this says so in the types. */
export function requirePerson(principal: Principal): Person {
  if (principal.kind !== "person") throw problem("person_needed", "not a signed-in person");
  return principal;
}

/** By what name security events sum up what somebody did: the key's or the member's. */
export const credentialOf = (principal: Principal): string => (principal.kind === "person" ? principal.memberId : principal.keyId);
