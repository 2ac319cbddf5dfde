import { requireAgent, requireKey } from "../../access/principal.ts";
import { mintRoomToken } from "../../access/room-token.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectAgent } from "../agents/index.ts";
import { openSwarmSecret, selectSigningSecretOf } from "../swarms/index.ts";
import { requireOpen } from "./require-open.ts";
import type { MintedTokenView, TokenInput } from "./schemas.ts";
import { selectRoom, selectUnlifted } from "./store.ts";

/**
 * A room token for one of the organization's agents, signed with the swarm's newest secret: it lives ten minutes at most, never longer than the
 * key that mints it, and is in this answer and nowhere else.
 */
export async function mintToken(
  context: WriteContext<"room.token_minted">,
  roomId: string,
  { agentId, caps, lifetimeSeconds }: TokenInput,
): Promise<MintedTokenView> {
  const { tenant, env, box, now } = context;
  const principal = requireKey(context.principal);
  requireAgent(principal, agentId);
  const [[found], [agent], [sealed], [revoked]] = await tenant.read((db) => [
    selectRoom(db, roomId),
    selectAgent(db, agentId),
    selectSigningSecretOf(db, roomId),
    selectUnlifted(db, roomId, "agent", agentId),
  ]);
  requireOpen(found);
  if (agent === undefined) throw refusal("invalid_request", "body.agentId", "There is no such agent.");
  if (agent.archivedAt !== null) throw refusal("state_conflict", "body.agentId", "The agent is archived.");
  if (revoked !== undefined && (revoked.until === null || revoked.until > now))
    throw refusal("state_conflict", "body.agentId", "The agent is revoked in this room.");
  if (sealed === undefined) throw new Error("the room's swarm has no secret that signs");

  const { generation, key } = await openSwarmSecret(box, sealed);
  const end = Math.min(now.getTime() + lifetimeSeconds * 1000, principal.diesAt ?? Infinity);
  const { keyId } = principal;
  const wanted = { roomId, orgId: tenant.orgId, agentId, keyId, generation, caps, origin: env.publicOrigin, expiresAt: new Date(end), now };
  const { token, claims } = await mintRoomToken(key, wanted);
  const { tokenId, issuedAt, expiresAt } = claims;
  const expiresIn = (expiresAt.getTime() - issuedAt.getTime()) / 1000;
  if (expiresIn <= 0) throw problem("state_conflict", "the key ends within a second");
  const said = { tokenId, roomId, agentId, caps: [...caps], expiresAt: expiresAt.toISOString(), expiresIn };
  const view = { ...said, connectUrl: `${env.publicOrigin.replace(/^http/, "ws")}/v1/rooms/${roomId}/connect` };
  await tenant.write(
    { action: "room.token_minted", resource: tokenId, change: { ...said, generation, keyId }, answer: { ...view, token: null } },
    () => [],
  );
  return { ...view, token };
}

const refusal = (code: "invalid_request" | "state_conflict", path: string, message: string) =>
  problem(code, message, { errors: [{ path, message }] });
