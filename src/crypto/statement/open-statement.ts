import { parseCanonicalJson } from "../canonical-json.ts";
import { sha256Digest, type Digest } from "../digest.ts";
import { readBase64 } from "../encoding.ts";
import { verifyEd25519 } from "../ed25519.ts";
import { DsseEnvelope, preAuthEncoding } from "./dsse.ts";
import { isSignedBy, jwsTypes, readJws, type JwsFault } from "./jws.ts";
import { Statement } from "./statement.ts";

/** A statement taken out of its envelope; nothing is proved until `isSignedBy` says so. */
export type OpenedStatement = {
  readonly kid: string;
  readonly statement: Statement;
  /** SHA-256 of the payload's bytes. */
  readonly digest: Digest;
  readonly isSignedBy: (publicKey: CryptoKey) => Promise<boolean>;
};
export type StatementFault = JwsFault | "not_a_statement";
type Opened = { readonly ok: true; readonly opened: OpenedStatement } | { readonly ok: false; readonly fault: StatementFault };

/** Opens a compact JWS, or the JSON of a DSSE envelope. */
export async function openStatement(envelope: unknown): Promise<Opened> {
  return typeof envelope === "string" ? openJws(envelope.trim()) : openDsse(envelope);
}

async function openJws(compact: string): Promise<Opened> {
  const read = readJws(compact, jwsTypes.statement);
  if (!read.ok) return { ok: false, fault: read.fault };
  const { jws } = read;
  return finish(jws.kid, jws.payload, jws.payloadBytes, (publicKey) => isSignedBy(jws, publicKey));
}

async function openDsse(envelope: unknown): Promise<Opened> {
  const parsed = DsseEnvelope.safeParse(envelope);
  const [signature, ...others] = parsed.success ? parsed.data.signatures : [];
  if (!parsed.success || signature === undefined || others.length > 0) return { ok: false, fault: "malformed" };
  const payload = readBase64(parsed.data.payload);
  const bytes = readBase64(signature.sig);
  if (payload === undefined || bytes?.length !== 64) return { ok: false, fault: "malformed" };
  const signed = preAuthEncoding(parsed.data.payloadType, payload);
  return finish(signature.keyid, parseCanonicalJson(payload), payload, (publicKey) => verifyEd25519(publicKey, signed, bytes));
}

async function finish(
  kid: string,
  payload: unknown,
  payloadBytes: Uint8Array<ArrayBuffer>,
  signedBy: OpenedStatement["isSignedBy"],
): Promise<Opened> {
  const statement = Statement.safeParse(payload);
  if (!statement.success) return { ok: false, fault: "not_a_statement" };
  return { ok: true, opened: { kid, statement: statement.data, digest: await sha256Digest(payloadBytes), isSignedBy: signedBy } };
}
