import { errors, flattenedVerify } from "jose";
import { z } from "zod";
import { fromBase64Url, toBase64Url } from "../../crypto/base64url.ts";
import { parseJson } from "../../crypto/canonical-json.ts";
import { utf8 } from "../../crypto/encoding.ts";
import type { CardAlgorithm } from "../../db/schema/agent-cards.ts";
import type { JsonObject } from "../../expressions/json.ts";
import { signedForms, type CardForm } from "./card-form.ts";
import { importCardKey } from "./card-key.ts";
import type { CardKeyRow } from "./store.ts";

/** More than a signer needs to rotate a key. */
const maxSignatures = 8;
const Signatures = z
  .array(z.object({ protected: z.string().max(4_096), signature: z.string().max(1_024) }))
  .max(maxSignatures)
  .nullish();
const Header = z.looseObject({ alg: z.string(), kid: z.string().min(1) });
type Signature = NonNullable<z.output<typeof Signatures>>[number];

/** `EdDSA` is what every library knows; `Ed25519` is its later name (RFC 9864). */
const namesOf: Readonly<Record<CardAlgorithm, readonly string[]>> = { EdDSA: ["EdDSA", "Ed25519"], ES256: ["ES256"], RS256: ["RS256"] };
/** Whoever can check a MAC can make it, and `none` is no signature at all. */
const signsNothing = (alg: string): boolean => alg.toLowerCase() === "none" || /^hs/i.test(alg);

export type PinnedKey = Pick<CardKeyRow, "id" | "kid" | "algorithm" | "jwk">;
/** `card` is what may be used of it: of a verified card what its signature is over, of any other what was served. */
export type SignatureVerdict =
  | { readonly outcome: "verified"; readonly card: JsonObject; readonly keyId: string }
  | { readonly outcome: "unsigned" | "signed_by_unknown_key"; readonly card: JsonObject }
  | { readonly outcome: "signature_invalid"; readonly fault: string };

const invalid = (fault: string): SignatureVerdict => ({ outcome: "signature_invalid", fault });

/**
 * Judges the signatures of an A2A agent card (JWS, RFC 7515, with the card as detached payload; A2A 1.0, 8.4). A `kid` only chooses among
 * the keys that were pinned, and the key says which algorithm it is for. What else a header says of keys (`jku`, `jwk`, `x5u`) is not
 * looked at, and the unprotected header, which anyone can write, not at all. One bad signature by a pinned key spoils the card.
 */
export async function judgeSignatures(card: JsonObject, pinned: readonly PinnedKey[]): Promise<SignatureVerdict> {
  const read = Signatures.safeParse(card["signatures"]);
  if (!read.success) return invalid("malformed_signatures");
  const signatures = read.data ?? [];
  if (signatures.length === 0) return { outcome: "unsigned", card };
  const forms = signedForms(card);
  let verified: SignatureVerdict | undefined;
  for (const signature of signatures) {
    const header = Header.safeParse(parseJson(fromBase64Url(signature.protected) ?? new Uint8Array()));
    if (!header.success) return invalid("malformed_header");
    if (signsNothing(header.data.alg)) return invalid("algorithm_refused");
    const candidates = pinned.filter(({ kid }) => kid === header.data.kid);
    if (candidates.length === 0) continue;
    // No extension of JWS is known here, and the payload is always encoded (RFC 7797).
    if ("crit" in header.data || "b64" in header.data) return invalid("critical_header");
    const found = await findSigner(signature, candidates, forms);
    if (found === undefined) return invalid("not_signed_by_pinned_key");
    verified ??= found;
  }
  return verified ?? { outcome: "signed_by_unknown_key", card };
}

async function findSigner(
  signature: Signature,
  candidates: readonly PinnedKey[],
  forms: readonly CardForm[],
): Promise<SignatureVerdict | undefined> {
  for (const { id, algorithm, jwk } of candidates) {
    const key = await importCardKey(jwk);
    if (key === undefined) continue;
    for (const { card, canonical } of forms) {
      if (await isSigned(signature, canonical, key, namesOf[algorithm])) return { outcome: "verified", card, keyId: id };
    }
  }
  return undefined;
}

async function isSigned(signature: Signature, canonical: string, key: CryptoKey, algorithms: readonly string[]): Promise<boolean> {
  // The last digit of base64url has unused bits: a text in which one was flipped must not pass for the same.
  if (fromBase64Url(signature.signature) === undefined) return false;
  const jws = { protected: signature.protected, signature: signature.signature, payload: toBase64Url(utf8(canonical)) };
  try {
    await flattenedVerify(jws, key, { algorithms: [...algorithms] });
    return true;
  } catch (fault) {
    if (fault instanceof errors.JOSEError) return false;
    throw fault;
  }
}
