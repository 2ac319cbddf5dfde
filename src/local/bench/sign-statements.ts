import { exportJWK, generateKeyPair } from "jose";
import { importPublicKey } from "../../crypto/ed25519.ts";
import { openSigner, type Signer } from "../../crypto/signer.ts";
import { openStatement } from "../../crypto/statement/open-statement.ts";
import { signStatement, type NewStatement } from "../../crypto/statement/statement.ts";

const digest = `sha256:${"ab".repeat(32)}`;

/** A statement of the size of an attestation of a score. */
const statement = (number: number): NewStatement => ({
  kind: "score",
  subject: [{ name: "agent-version", digest: { sha256: "ab".repeat(32) } }],
  predicate: {
    id: `att_${String(number).padStart(22, "0")}`,
    issuer: "http://127.0.0.1",
    deployment: { kind: "local", environment: "test" },
    organization: "org_1",
    agent: { id: "agt_1", versionNumber: 1, versionDigest: digest },
    issuedAt: "2026-01-01T00:00:00.000Z",
    expiresAt: "2026-03-01T00:00:00.000Z",
    claim: Object.fromEntries(
      Array.from({ length: 7 }, (_, index) => [`dimension${index}`, { S: 12.345678, N: 23.456789, L: 0.5, U: 0.9, number }]),
    ),
  },
});

let opened: Promise<Signer> | undefined;

async function newSigner(): Promise<Signer> {
  const { privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const { x = "", d = "" } = await exportJWK(privateKey);
  return openSigner({ kty: "OKP", crv: "Ed25519", x, d });
}

/** Signs so many statements, each as JWS and as DSSE, one after the other; with `verify`, one of them is then checked as often. */
export async function signStatements(count: number, verify: boolean): Promise<boolean> {
  const signer = await (opened ??= newSigner());
  if (!verify) {
    for (let number = 0; number < count; number += 1) await signStatement(signer, statement(number));
    return true;
  }
  const { jws } = await signStatement(signer, statement(0));
  const key = await importPublicKey(signer.x);
  for (let number = 0; number < count; number += 1) {
    const read = await openStatement(jws);
    if (!read.ok || key === undefined || !(await read.opened.isSignedBy(key))) return false;
  }
  return true;
}
