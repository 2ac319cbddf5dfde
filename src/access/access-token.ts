import { calculateJwkThumbprint, importJWK, jwtVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { idPattern, newId } from "../platform/ids.ts";
import type { KeyCredential } from "./authenticate.ts";
import { scopes as allScopes, type Scope } from "./scopes.ts";

export const accessTokenSeconds = 900;
const tokenType = "at+jwt";

type PublicJwk = {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
  readonly kid: string;
  readonly alg: "EdDSA";
  readonly use: "sig";
};
type Ring = {
  readonly signer: CryptoKey;
  readonly kid: string;
  readonly jwks: readonly PublicJwk[];
  readonly verifiers: ReadonlyMap<string, CryptoKey>;
};

const rings = new WeakMap<Environment, Ring>();

async function asCryptoKey(jwk: Record<string, string>): Promise<CryptoKey> {
  const key = await importJWK(jwk, "EdDSA");
  if (key instanceof Uint8Array) throw new TypeError("not an asymmetric key");
  return key;
}

async function ringOf(env: Environment): Promise<Ring> {
  const known = rings.get(env);
  if (known !== undefined) return known;
  const entries = await Promise.all(
    env.accessTokenKeys.map(async ({ kty, crv, x, d }) => {
      const kid = await calculateJwkThumbprint({ kty, crv, x });
      const jwk: PublicJwk = { kty, crv, x, kid, alg: "EdDSA", use: "sig" };
      return { kid, jwk, verifier: await asCryptoKey({ kty, crv, x }), signer: await asCryptoKey({ kty, crv, x, d }) };
    }),
  );
  const [first] = entries;
  if (first === undefined) throw new Error("there is no key to sign access tokens with");
  const ring = {
    signer: first.signer,
    kid: first.kid,
    jwks: entries.map(({ jwk }) => jwk),
    verifiers: new Map(entries.map(({ kid, verifier }) => [kid, verifier])),
  };
  rings.set(env, ring);
  return ring;
}

/** The public keys that verify access tokens, as a JWK set (RFC 7517) with RFC 7638 thumbprints. */
export const accessTokenJwks = async (env: Environment): Promise<{ keys: readonly PublicJwk[] }> => ({ keys: (await ringOf(env)).jwks });

const Claims = z.object({
  sub: z.string().regex(idPattern("key")),
  org: z.string().regex(idPattern("organization")),
  env: z.enum(["live", "test"]),
  scope: z.string().transform((text) => text.split(" ").filter((scope): scope is Scope => allScopes.some((known) => known === scope))),
});

/** An EdDSA access token (RFC 9068) that stands for a key, with some of its scopes, for 15 minutes. */
export async function issueAccessToken(
  env: Environment,
  key: { readonly keyId: string; readonly orgId: string; readonly environment: "live" | "test"; readonly scopes: readonly Scope[] },
  now: Date,
): Promise<{ token: string; expiresAt: Date }> {
  const ring = await ringOf(env);
  const issuedAt = Math.floor(now.getTime() / 1000);
  const token = await new SignJWT({ org: key.orgId, env: key.environment, scope: key.scopes.join(" "), client_id: key.keyId })
    .setProtectedHeader({ alg: "EdDSA", typ: tokenType, kid: ring.kid })
    .setIssuer(env.publicOrigin)
    .setAudience(env.publicOrigin)
    .setSubject(key.keyId)
    .setJti(newId("accessToken"))
    .setIssuedAt(issuedAt)
    .setNotBefore(issuedAt)
    .setExpirationTime(issuedAt + accessTokenSeconds)
    .sign(ring.signer);
  return { token, expiresAt: new Date((issuedAt + accessTokenSeconds) * 1000) };
}

/** Verifies an access token's signature, type, issuer, audience and times. Throws 401 whatever is wrong with it. */
export async function readAccessToken(env: Environment, token: string, now: Date): Promise<KeyCredential> {
  const { verifiers } = await ringOf(env);
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const key = verifiers.get(kid ?? "");
        if (key === undefined) throw new Error("unknown key");
        return key;
      },
      {
        algorithms: ["EdDSA"],
        typ: tokenType,
        issuer: env.publicOrigin,
        audience: env.publicOrigin,
        currentDate: now,
        requiredClaims: ["exp", "nbf", "jti"],
      },
    );
    const claims = Claims.parse(payload);
    return { kind: "token", orgId: claims.org, environment: claims.env, keyId: claims.sub, secretHash: null, tokenScopes: claims.scope };
  } catch (fault) {
    throw problem("unauthenticated", `access token: ${fault instanceof Error ? fault.name : "refused"}`);
  }
}
