import { equalInConstantTime } from "./api-key.ts";
import { sessionIdleMs, sessionLifeMs } from "./local-session.ts";
import { lesserRole, roleScopes, type Role } from "./roles.ts";
import type { AskedScope } from "./key-record.ts";

/** An active member, as the database has it. */
export type MemberRecord = { readonly memberId: string; readonly role: Role };

/** A session that began here. Milliseconds since 1970; `seenAt` is written at most once a minute. */
export type SessionRecord = {
  readonly sessionId: string;
  readonly memberId: string;
  readonly secretHash: string;
  readonly startedAt: number;
  readonly seenAt: number;
};

/** A person, before the gate has looked: the session that a cookie names, or whom the identity provider's signature names. */
export type PersonClaim = {
  readonly sessionId: string;
  readonly proof:
    | { readonly kind: "session"; readonly secretHash: string }
    | { readonly kind: "provider"; readonly externalId: string; readonly role: Role };
  readonly scope: AskedScope;
};

/** `session`: of one that began here, in milliseconds since 1970. */
export type PersonGrant = MemberRecord & {
  readonly environment: "live" | "test";
  readonly session: { readonly startedAt: number; readonly endsAt: number } | null;
};

/** What was said lately of a member, and the database may not know yet: the most that the role is worth, or that it has ended (null). */
export type Ceiling = Role | null;

/** The lesser of two: an end is the least. */
export const lesserCeiling = (one: Ceiling, other: Ceiling): Ceiling => (one === null || other === null ? null : lesserRole(one, other));

type Refused<R extends string> = { readonly ok: false; readonly reason: R; readonly blocker: string };
const refuse = <R extends string>(reason: R, blocker: string): Refused<R> => ({ ok: false, reason, blocker });

/** Is the session alive at `nowMs`, and is this its cookie? */
export function decideSession(
  session: SessionRecord | undefined,
  secretHash: string,
  nowMs: number,
): { readonly ok: true; readonly session: SessionRecord } | Refused<"credential_refused"> {
  if (session === undefined) return refuse("credential_refused", "no such session, or it has ended");
  if (!equalInConstantTime(session.secretHash, secretHash)) return refuse("credential_refused", "wrong secret");
  if (session.startedAt + sessionLifeMs <= nowMs) return refuse("credential_refused", "the session has lasted as long as one may");
  if (session.seenAt + sessionIdleMs <= nowMs) return refuse("credential_refused", "the session was unused for too long");
  return { ok: true, session };
}

/** Is the person an active member, and has the role the scope? The role is the least of what the record, the provider and the gate say. */
export function decidePerson(
  member: MemberRecord | undefined,
  ceiling: Ceiling | undefined,
  { proof, scope }: Pick<PersonClaim, "proof" | "scope">,
): { readonly ok: true; readonly member: MemberRecord } | Refused<"credential_refused" | "scope_denied"> {
  if (member === undefined) return refuse("credential_refused", "not an active member");
  if (ceiling === null) return refuse("credential_refused", "the membership has ended");
  const kept = ceiling === undefined ? member.role : lesserRole(member.role, ceiling);
  const role = proof.kind === "provider" ? lesserRole(kept, proof.role) : kept;
  if (scope !== "any" && !roleScopes[role].includes(scope)) return refuse("scope_denied", `the role ${role} lacks ${scope}`);
  return { ok: true, member: { memberId: member.memberId, role } };
}
