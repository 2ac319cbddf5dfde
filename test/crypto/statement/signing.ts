import { generateKeyPair, exportJWK } from "jose";
import { openSigner, type PrivateJwk, type Signer } from "../../../src/crypto/signer.ts";
import type { NewStatement } from "../../../src/crypto/statement/statement.ts";

/** A fresh Ed25519 key, as a test's issuer, root or agent. */
export async function newPrivateJwk(): Promise<PrivateJwk> {
  const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  return { kty: "OKP", crv: "Ed25519", x, d };
}

export const newSigner = async (): Promise<Signer> => openSigner(await newPrivateJwk());

export const sampleIssuer = "https://api.armalo.test";
export const sampleOrg = "org_1111111111111111111111";

/** An attestation as the service issues it, its claim aside. */
export const sampleAttestation = (change: object = {}): NewStatement => ({
  kind: "score",
  subject: [{ name: "agent-version", digest: { sha256: "ab".repeat(32) } }],
  predicate: {
    id: "att_1111111111111111111111",
    issuer: sampleIssuer,
    deployment: { kind: "local", environment: "test" },
    organization: sampleOrg,
    agent: { id: "agt_1111111111111111111111", versionNumber: 1, versionDigest: `sha256:${"ab".repeat(32)}` },
    issuedAt: "2026-11-01T00:00:00.000Z",
    expiresAt: "2026-12-01T00:00:00.000Z",
    claim: { compositeScore: 762, note: "žluťoučký kůň ✓" },
    ...change,
  },
});
