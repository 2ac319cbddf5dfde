import { askGate } from "../../access/admit.ts";
import { newSessionCookie, type NewSession } from "../../access/local-session.ts";
import { openSystemDb } from "../../access/system-principal.ts";
import { tagKeyOf } from "../../access/tag-key.ts";
import { readTaggedToken } from "../../access/tagged-token.ts";
import type { Consequence } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import type { Basics } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { updateMember } from "../members/index.ts";
import { consumeLink, selectInvitee, type SignInClaim } from "./store.ts";

/** Links are for installations that sign people in themselves. */
export function requireLocalSignIn(env: Environment): void {
  if (env.providers.signIn !== "local") throw problem("not_configured", "people do not sign in with links here");
}

/**
 * Uses a one-time link up and begins a session: once, however many try. Every link that cannot be used is answered alike. The session begins
 * in the gate, which refuses it where the member was removed meanwhile.
 */
export async function signIn(context: Basics, token: string): Promise<string> {
  const { env, now } = context;
  const claim = await readTaggedToken(await tagKeyOf(env), "signInLink", token);
  if (claim === undefined) throw problem("sign_in_refused", "not a token of ours");
  const session = await newSessionCookie(env, claim.orgId);
  const memberId = await consume(context, claim, session);
  const { sessionId, secretHash } = session;
  const begun = { sessionId, memberId, secretHash, startedAt: now.getTime() };
  await askGate(env, claim.orgId, (gate) => gate.startSession(claim.orgId, begun));
  return session.cookie;
}

type Claim = SignInClaim & { readonly orgId: string };

/** Whose link it was. The first use makes an invited person a member. */
async function consume({ env, now, requestId, meter }: Basics, claim: Claim, { sessionId }: NewSession): Promise<string> {
  const request = { requestId, meter };
  const [[invitee]] = await openSystemDb(env, claim.orgId, "system:sign-in", request).read((db) => [selectInvitee(db, claim, now)]);
  if (invitee === undefined) throw problem("sign_in_refused", "no such link, used, expired, or of a removed member");
  const tenant = openSystemDb(env, claim.orgId, `member:${invitee.id}`, request);
  const joins = invitee.status === "invited";
  const consequences: Consequence[] = joins ? [{ action: "member.joined", resource: invitee.id, change: {} }] : [];
  const change = { link: claim.id, memberId: invitee.id };
  const event = { action: "session.started", resource: sessionId, change, answer: null, consequences } as const;
  try {
    await tenant.write(event, (db) => [
      consumeLink(db, claim, now),
      ...(joins ? [updateMember(db, invitee, { status: "active", joinedAt: now, updatedAt: now })] : []),
    ]);
  } catch (fault) {
    if (fault instanceof Problem && fault.code === "state_conflict") throw problem("sign_in_refused", "used by another request");
    throw fault;
  }
  return invitee.id;
}
