import { z } from "zod";
import { toBase64, utf8 } from "../encoding.ts";
import type { Signer } from "../signer.ts";

/** A DSSE envelope (secure-systems-lab/dsse, protocol v1.0.2): no canonical form is needed, the payload's bytes are carried. */
export const DsseEnvelope = z.strictObject({
  payloadType: z.literal("application/vnd.in-toto+json"),
  payload: z.string(),
  signatures: z
    .array(z.strictObject({ keyid: z.string(), sig: z.string() }))
    .min(1)
    .max(8),
});
export type DsseEnvelope = z.output<typeof DsseEnvelope>;

export const inTotoMediaType = "application/vnd.in-toto+json";

/** Pre-authentication encoding: `DSSEv1 SP LEN(type) SP type SP LEN(body) SP body`. No JWS signing input begins like this. */
export function preAuthEncoding(payloadType: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = utf8(`DSSEv1 ${utf8(payloadType).length} ${payloadType} ${body.length} `);
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

export async function signDsse(signer: Signer, payload: Uint8Array<ArrayBuffer>): Promise<DsseEnvelope> {
  const signature = await signer.sign(preAuthEncoding(inTotoMediaType, payload));
  return {
    payloadType: inTotoMediaType,
    payload: toBase64(payload),
    signatures: [{ keyid: signer.kid, sig: toBase64(signature) }],
  };
}
