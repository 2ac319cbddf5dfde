import { z } from "zod";
import { concatBytes, toBase64, utf8 } from "../encoding.ts";
import type { Signer } from "../signer.ts";

export const inTotoMediaType = "application/vnd.in-toto+json";

/** A DSSE envelope (secure-systems-lab/dsse, protocol v1.0.2): no canonical form is needed, the payload's bytes are carried. */
export const DsseEnvelope = z.strictObject({
  payloadType: z.literal(inTotoMediaType),
  payload: z.string(),
  signatures: z
    .array(z.strictObject({ keyid: z.string(), sig: z.string() }))
    .min(1)
    .max(8),
});
export type DsseEnvelope = z.output<typeof DsseEnvelope>;

/** Pre-authentication encoding: `DSSEv1 SP LEN(type) SP type SP LEN(body) SP body`. No JWS signing input begins like this. */
export function preAuthEncoding(payloadType: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return concatBytes(utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${body.length} `), body);
}

/** The base64 of the signature that an envelope of these bytes carries. */
export const signDsse = async (signer: Signer, payload: Uint8Array<ArrayBuffer>): Promise<string> =>
  toBase64(await signer.sign(preAuthEncoding(inTotoMediaType, payload)));

/** The envelope of a signature that `signDsse` made. */
export const dsseEnvelope = (payload: Uint8Array<ArrayBuffer>, keyid: string, sig: string): DsseEnvelope => ({
  payloadType: inTotoMediaType,
  payload: toBase64(payload),
  signatures: [{ keyid, sig }],
});
