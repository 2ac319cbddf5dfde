import { fromBase64Url } from "../../crypto/base64url.ts";
import { dsseEnvelope, type DsseEnvelope } from "../../crypto/statement/dsse.ts";

export const envelopes = ["jws", "dsse"] as const;
export type Envelope = (typeof envelopes)[number];

/** A stored statement: its DSSE envelope differs in form and signature alone. */
export type StoredStatement = { readonly statement: string; readonly dsseSignature: string; readonly kid: string };

/** The statement as it was asked for. */
export function inEnvelope({ statement, dsseSignature, kid }: StoredStatement, envelope: Envelope): string | DsseEnvelope {
  if (envelope === "jws") return statement;
  const payload = fromBase64Url(statement.split(".")[1] ?? "");
  if (payload === undefined) throw new Error("a stored statement is no JWS");
  return dsseEnvelope(payload, kid, dsseSignature);
}
