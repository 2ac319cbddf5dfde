import { compactVerify, errors, SignJWT } from "jose";
import { z } from "zod";
import { idPattern, newId } from "../platform/ids.ts";
import { Capabilities } from "./room-capability.ts";
import { taggedIdPattern } from "./tagged-id.ts";

/** A room token lives this long at most; what signed one is needed no longer than that after it was replaced. */
export const roomTokenSeconds = 600;
/** How far a clock may be ahead of ours. Nothing is allowed behind: what has expired has expired. */
const clockSkewSeconds = 5;
const tokenType = "room+jwt";
const secretBytes = 32;

/** Generations of a swarm's secret that verify tokens now. */
export type RoomSecrets = ReadonlyMap<number, CryptoKey>;

/** What a room token says, once it was verified. `expiresAt` is in whole seconds. */
export type RoomClaims = {
  readonly tokenId: string;
  readonly roomId: string;
  readonly orgId: string;
  readonly agentId: string;
  /** The API key that minted it: the token is worth nothing once that key is dead. */
  readonly keyId: string;
  readonly generation: number;
  readonly caps: Capabilities;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
};

export type RoomTokenRefusal =
  | "malformed"
  | "wrong_type"
  | "unknown_generation"
  | "bad_signature"
  | "bad_claims"
  | "wrong_issuer"
  | "wrong_room"
  | "wrong_organization"
  | "lifetime"
  | "not_yet_valid"
  | "expired";

export const newRoomSecret = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(secretBytes));

/** A swarm's secret as a key of HMAC-SHA-256, made once for all that it signs and verifies; it cannot be read out of it. */
export async function importRoomSecret(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  if (secret.length !== secretBytes) throw new Error("a swarm's secret has 32 bytes");
  return crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
}

type NewRoomToken = Omit<RoomClaims, "tokenId" | "issuedAt"> & { readonly origin: string; readonly now: Date };

/** A JWT (RFC 7519) with HS256. It ends at `expiresAt` or 600 seconds after `now`, whatever is first. */
export async function mintRoomToken(
  secret: CryptoKey,
  wanted: NewRoomToken,
): Promise<{ readonly token: string; readonly claims: RoomClaims }> {
  const { origin, now, ...said } = wanted;
  const issued = Math.floor(now.getTime() / 1000);
  const expires = Math.min(issued + roomTokenSeconds, Math.floor(said.expiresAt.getTime() / 1000));
  const tokenId = newId("roomToken");
  const token = await new SignJWT({ org: said.orgId, caps: [...said.caps], key: said.keyId })
    .setProtectedHeader({ alg: "HS256", typ: tokenType, kid: String(said.generation) })
    .setIssuer(origin)
    .setAudience(said.roomId)
    .setSubject(said.agentId)
    .setJti(tokenId)
    .setIssuedAt(issued)
    .setNotBefore(issued)
    .setExpirationTime(expires)
    .sign(secret);
  return { token, claims: { ...said, tokenId, issuedAt: new Date(issued * 1000), expiresAt: new Date(expires * 1000) } };
}

const Seconds = z
  .int()
  .positive()
  .max(2 ** 40);
const Claims = z.object({
  iss: z.string(),
  aud: z.string().regex(taggedIdPattern("room")),
  sub: z.string().regex(idPattern("agent")),
  org: z.string().regex(idPattern("organization")),
  key: z.string().regex(idPattern("key")),
  jti: z.string().regex(idPattern("roomToken")),
  caps: Capabilities,
  iat: Seconds,
  nbf: Seconds,
  exp: Seconds,
});

export type RoomTokenContext = {
  readonly roomId: string;
  readonly orgId: string;
  readonly origin: string;
  readonly secrets: RoomSecrets;
  readonly now: Date;
};
export type ReadRoomToken = { readonly ok: true; readonly claims: RoomClaims } | { readonly ok: false; readonly reason: RoomTokenRefusal };

class Refused extends Error {
  readonly reason: RoomTokenRefusal;
  constructor(reason: RoomTokenRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/** Verifies a room token for one room: type, generation, signature, claims, times. Whether it was revoked is the room's to know. */
export async function readRoomToken(context: RoomTokenContext, token: string): Promise<ReadRoomToken> {
  try {
    const { payload, generation } = await verified(context.secrets, token);
    return readClaims(context, generation, payload);
  } catch (fault) {
    if (fault instanceof Refused) return { ok: false, reason: fault.reason };
    if (fault instanceof errors.JWSSignatureVerificationFailed) return { ok: false, reason: "bad_signature" };
    if (fault instanceof errors.JOSEAlgNotAllowed) return { ok: false, reason: "wrong_type" };
    if (fault instanceof errors.JOSEError || fault instanceof SyntaxError) return { ok: false, reason: "malformed" };
    throw fault;
  }
}

async function verified(secrets: RoomSecrets, token: string): Promise<{ payload: unknown; generation: number }> {
  let generation = 0;
  const { payload } = await compactVerify(
    token,
    ({ typ, kid }) => {
      if (typ !== tokenType) throw new Refused("wrong_type");
      generation = /^[1-9]\d{0,8}$/.test(kid ?? "") ? Number(kid) : 0;
      const secret = secrets.get(generation);
      if (secret === undefined) throw new Refused("unknown_generation");
      return secret;
    },
    { algorithms: ["HS256"] },
  );
  return { payload: JSON.parse(new TextDecoder().decode(payload)), generation };
}

function readClaims({ roomId, orgId, origin, now }: RoomTokenContext, generation: number, payload: unknown): ReadRoomToken {
  const read = Claims.safeParse(payload);
  if (!read.success) return { ok: false, reason: "bad_claims" };
  const { iss, aud, sub, org, key, jti, caps, iat, nbf, exp } = read.data;
  const nowSeconds = now.getTime() / 1000;
  if (iss !== origin) return { ok: false, reason: "wrong_issuer" };
  if (aud !== roomId) return { ok: false, reason: "wrong_room" };
  if (org !== orgId) return { ok: false, reason: "wrong_organization" };
  if (nbf !== iat || exp <= iat || exp > iat + roomTokenSeconds) return { ok: false, reason: "lifetime" };
  if (iat > nowSeconds + clockSkewSeconds) return { ok: false, reason: "not_yet_valid" };
  if (exp <= nowSeconds) return { ok: false, reason: "expired" };
  const times = { issuedAt: new Date(iat * 1000), expiresAt: new Date(exp * 1000) };
  return { ok: true, claims: { tokenId: jti, roomId: aud, orgId: org, agentId: sub, keyId: key, generation, caps, ...times } };
}
