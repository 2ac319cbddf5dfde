import { requireWholeOrganization } from "../../access/principal.ts";
import { demandRoom } from "../../access/room-control.ts";
import { roomTokenSeconds } from "../../access/room-token.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { selectAgent } from "../agents/index.ts";
import { requireOpen } from "./require-open.ts";
import { toRevocation, type NewRevocationRow } from "./revocation.ts";
import type { RevocationView, RevokeInput } from "./schemas.ts";
import { insertRevocation, selectRevocation, selectRoom, selectUnlifted, selectUnliftedBeside, updateRevocation } from "./store.ts";

/** No token lives longer than this after it was seen: then its revocation has nothing left to forbid. */
const tokenGoneAfterMs = (roomTokenSeconds + 10) * 1000;

/**
 * Puts an agent or the bearer of one token out of a room: durably in the room's object first, so that from the answer on not one frame
 * reaches it; then in the database, which tells a new object. The room out of reach: 503, and nothing is claimed.
 */
export async function revokeInRoom(context: WriteContext<"room.revoked">, roomId: string, input: RevokeInput): Promise<RevocationView> {
  const { tenant, principal, env, now } = context;
  requireWholeOrganization(principal);
  const wanted = wantedOf(input, now);
  const { kind, subject } = wanted;
  const [[found], [standing], [agent]] = await tenant.read((db) => [
    selectRoom(db, roomId),
    selectUnlifted(db, roomId, kind, subject),
    selectAgent(db, subject),
  ]);
  requireOpen(found);
  if (kind === "agent" && agent === undefined)
    throw problem("invalid_request", "no such agent", { errors: [{ path: "body.agentId", message: "There is no such agent." }] });
  // Asking again never lets in earlier; lifting does.
  const until = standing === undefined ? wanted.until : laterEnd(standing.until, wanted.until);
  const end = (): Promise<void> => demandRoom(env, roomId, (room) => room.revoke({ kind, id: subject, until: until?.getTime() ?? null }));
  await end();
  const fresh = { id: newId("roomRevocation"), roomId, revision: 1, liftedAt: null, createdAt: now };
  const row: NewRevocationRow = { ...(standing ?? fresh), kind, subject, until, revokedBy: principal.actor, updatedAt: now };
  const view = toRevocation(row, now);
  const { id: revocationId, agentId, tokenId } = view;
  const announces = [{ type: "room.member_revoked", data: { revocationId, roomId, agentId, tokenId, until: view.until } }] as const;
  await tenant.write({ action: "room.revoked", resource: roomId, change: view, answer: view, announces }, (db) => [
    standing === undefined
      ? insertRevocation(db, row)
      : updateRevocation(db, standing, { until, revokedBy: principal.actor, updatedAt: now }),
  ]);
  // An earlier one may have been lifted in the room meanwhile. From here on whoever lifts has the room read this one first.
  await end();
  return view;
}

/** Null has no end. */
const laterEnd = (one: Date | null, other: Date | null): Date | null => (one === null || other === null ? null : one > other ? one : other);

function wantedOf(input: RevokeInput, now: Date): Pick<NewRevocationRow, "kind" | "subject" | "until"> {
  if ("tokenId" in input) return { kind: "token", subject: input.tokenId, until: new Date(now.getTime() + tokenGoneAfterMs) };
  const until = input.until === null ? null : new Date(input.until);
  if (until !== null && until <= now)
    throw problem("invalid_request", "until in the past", { errors: [{ path: "body.until", message: "Must be in the future." }] });
  return { kind: "agent", subject: input.agentId, until };
}

/** Lets in again: in the database first, so that nothing is let in that the log does not know. May be asked again where the room was not reached. */
export async function liftRevocation(
  { tenant, principal, env, now }: WriteContext<"room.revocation_lifted">,
  roomId: string,
  revocationId: string,
): Promise<RevocationView> {
  requireWholeOrganization(principal);
  const [[found], [row], beside] = await tenant.read((db) => [
    selectRoom(db, roomId),
    selectRevocation(db, roomId, revocationId),
    selectUnliftedBeside(db, roomId, revocationId),
  ]);
  if (row === undefined) throw problem("not_found", "no such revocation");
  requireOpen(found);
  const set = { liftedAt: row.liftedAt ?? now, updatedAt: now };
  const view = toRevocation({ ...row, ...set }, now);
  await tenant.write({ action: "room.revocation_lifted", resource: roomId, change: view, answer: view }, (db) => [
    updateRevocation(db, row, set),
  ]);
  // One that was lifted long ago, asked for again, does not lift what came after it.
  if (beside.length === 0) await demandRoom(env, roomId, (room) => room.lift({ kind: row.kind, id: row.subject }));
  return view;
}
