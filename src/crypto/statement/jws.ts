import { CompactSign, compactVerify, errors } from "jose";
import { z } from "zod";
import { canonicalJson, parseCanonicalJson, parseJson, type JsonValue } from "../canonical-json.ts";
import { fromBase64Url } from "../base64url.ts";
import { utf8 } from "../encoding.ts";
import type { Signer } from "../signer.ts";

/** The `typ` of each kind of document: a signature over one kind is worth nothing for another (RFC 8725, 3.11). */
export const jwsTypes = {
  statement: "armalo-statement+jws",
  keyHistory: "armalo-key-history+jws",
  statusList: "armalo-status-list+jws",
  agentKey: "armalo-agent-key+jws",
  intent: "armalo-intent+jws",
  selfRun: "armalo-self-run+jws",
} as const;
export type JwsType = (typeof jwsTypes)[keyof typeof jwsTypes];

/** `EdDSA` is what every library knows; `Ed25519` is its later name (RFC 9864). */
const algorithms = ["EdDSA", "Ed25519"] as const;

const Header = z.strictObject({
  alg: z.enum(algorithms),
  typ: z.string(),
  kid: z.string().min(1).max(200),
  cty: z.string().optional(),
});

export type Jws = {
  readonly compact: string;
  readonly kid: string;
  readonly payload: unknown;
  readonly payloadBytes: Uint8Array<ArrayBuffer>;
};
export type JwsFault = "malformed" | "wrong_type" | "wrong_algorithm" | "not_canonical";

/** A compact JWS (RFC 7515) over bytes. */
export async function signBytes(signer: Signer, typ: JwsType, payload: Uint8Array<ArrayBuffer>, cty?: string): Promise<string> {
  const header = { alg: "EdDSA", kid: signer.kid, typ, ...(cty === undefined ? {} : { cty }) };
  return new CompactSign(payload).setProtectedHeader(header).sign(signer.key);
}

/** A compact JWS over a value's RFC 8785 form. */
export const signJson = (signer: Signer, typ: JwsType, payload: JsonValue): Promise<string> =>
  signBytes(signer, typ, utf8(canonicalJson(payload)));

/**
 * Takes a compact JWS apart; the signature is not checked here. What has a header that we would not have written, or a text
 * that is not the one encoding of its parts, is refused. What we sign ourselves is canonical JSON, what agents sign need not be.
 */
export function readJws(
  compact: string,
  typ: JwsType,
  form: "canonical" | "any" = "canonical",
): { readonly ok: true; readonly jws: Jws } | { readonly ok: false; readonly fault: JwsFault } {
  const parts = compact.split(".").map(fromBase64Url);
  const [head, body, signature] = parts;
  if (parts.length !== 3 || head === undefined || body === undefined || signature?.length !== 64) return { ok: false, fault: "malformed" };
  const claimed = z.object({ alg: z.string(), typ: z.string() }).safeParse(parseJson(head));
  if (!claimed.success) return { ok: false, fault: "malformed" };
  if (!algorithms.some((name) => name === claimed.data.alg)) return { ok: false, fault: "wrong_algorithm" };
  if (claimed.data.typ !== typ) return { ok: false, fault: "wrong_type" };
  const header = Header.safeParse(parseJson(head));
  const payload = parseJson(body);
  if (!header.success || payload === undefined) return { ok: false, fault: "malformed" };
  if (form === "canonical" && parseCanonicalJson(body) === undefined) return { ok: false, fault: "not_canonical" };
  return { ok: true, jws: { compact, kid: header.data.kid, payload, payloadBytes: body } };
}

/** Whether the signature is this key's. */
export async function isSignedBy({ compact }: Jws, publicKey: CryptoKey): Promise<boolean> {
  try {
    await compactVerify(compact, publicKey, { algorithms: [...algorithms] });
    return true;
  } catch (fault) {
    if (fault instanceof errors.JOSEError) return false;
    throw fault;
  }
}
