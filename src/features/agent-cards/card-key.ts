import { z } from "@hono/zod-openapi";
import { calculateJwkThumbprint, importJWK } from "jose";
import { fromBase64Url } from "../../crypto/base64url.ts";
import { importPublicKey } from "../../crypto/ed25519.ts";
import type { CardAlgorithm, CardJwk } from "../../db/schema/agent-cards.ts";

const algorithmOf = { OKP: "EdDSA", EC: "ES256", RSA: "RS256" } as const satisfies Record<CardJwk["kty"], CardAlgorithm>;
/** In bytes: 2,048 to 4,096 bits. */
const rsaSize = { least: 256, most: 512 } as const;
/** Other exponents are rare, and with small ones a signature can be made up. */
const rsaExponent = "AQAB";

const coordinate = z.string().regex(/^[\w-]{43}$/);
const Jwk = z.discriminatedUnion("kty", [
  z.object({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: coordinate }),
  z.object({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate }),
  z.object({ kty: z.literal("RSA"), n: z.string().regex(/^[\w-]{342,683}$/), e: z.literal(rsaExponent) }),
]);
/** What a JWK may say of its use; a private part is refused, so that nobody leaves one here. */
const Uses = z.looseObject({
  alg: z.string().optional(),
  use: z.literal("sig").optional(),
  d: z.never().optional(),
  k: z.never().optional(),
});

export type CardKeyVerdict =
  | { readonly ok: true; readonly jwk: CardJwk; readonly algorithm: CardAlgorithm; readonly thumbprint: string }
  | { readonly ok: false; readonly message: string };

/** Whether a JWK (RFC 7517) is a public key that can vouch for a card, and what is kept of it. */
export async function judgeCardKey(given: Readonly<Record<string, unknown>>): Promise<CardKeyVerdict> {
  const parsed = Jwk.safeParse(given);
  if (!parsed.success) return { ok: false, message: "Not a public JWK of Ed25519, P-256 or RSA (2,048 to 4,096 bits, exponent 65,537)." };
  const jwk = parsed.data;
  const algorithm = algorithmOf[jwk.kty];
  const uses = Uses.safeParse(given);
  if (!uses.success) return { ok: false, message: "Not a public key for signatures: a private or secret part, or another use." };
  const { alg = algorithm } = uses.data;
  if (alg !== algorithm && !(algorithm === "EdDSA" && alg === "Ed25519"))
    return { ok: false, message: `A key of this kind is pinned for ${algorithm} only.` };
  if ((await importCardKey(jwk)) === undefined) return { ok: false, message: "Not a key that can vouch for anything." };
  return { ok: true, jwk, algorithm, thumbprint: await calculateJwkThumbprint(jwk) };
}

/** The key for use, or undefined where it is none. */
export async function importCardKey(jwk: CardJwk): Promise<CryptoKey | undefined> {
  if (jwk.kty === "OKP") return await importPublicKey(jwk.x);
  if (jwk.kty === "RSA" && !isSizedRight(jwk.n)) return undefined;
  try {
    const key = await importJWK({ ...jwk }, algorithmOf[jwk.kty]);
    return key instanceof CryptoKey ? key : undefined;
  } catch {
    return undefined;
  }
}

function isSizedRight(n: string): boolean {
  const modulus = fromBase64Url(n);
  return modulus !== undefined && modulus.length >= rsaSize.least && modulus.length <= rsaSize.most && (modulus[0] ?? 0) >= 0x80;
}
