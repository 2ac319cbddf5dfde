import { describe, expect, it } from "vitest";
import { signHistory } from "../../../src/crypto/statement/key-history.ts";
import { signStatement } from "../../../src/crypto/statement/statement.ts";
import { showPublicly } from "../../../src/features/attestations/show-publicly.ts";
import type { AttestationRow } from "../../../src/features/attestations/store.ts";
import { newSigner, sampleAttestation } from "../../crypto/statement/signing.ts";
import { change, day, introduced, newIssuer, type TestIssuer } from "../../verifier/issuer.ts";

const historyOf = async (issuer: TestIssuer) => ({ signed: await signHistory(issuer.root, issuer.history) });

/** A row as it was stored on the 5th of October, which holds until the 30th. */
async function issue({ statement }: TestIssuer, said: Partial<AttestationRow> = {}): Promise<AttestationRow> {
  const { jws, dsseSignature, digest } = await signStatement(statement, sampleAttestation());
  return {
    orgId: "org_1111111111111111111111",
    id: "att_1111111111111111111111",
    agentId: "agt_1111111111111111111111",
    kind: "score",
    about: "agt_1111111111111111111111",
    statement: jws,
    dsseSignature,
    digest,
    kid: statement.kid,
    eventSeq: 1,
    requestedBy: "key:key_1",
    issuedAt: day(5),
    expiresAt: day(30),
    revokedAt: null,
    revokedReason: null,
    revision: 1,
    ...said,
  };
}

describe("what may be put before anyone as an attestation that holds", () => {
  it("is signed by a key that may, and stays so once the key is superseded", async () => {
    const issuer = await newIssuer();
    const row = await issue(issuer);
    expect(await showPublicly(row, await historyOf(issuer), day(6))).toMatchObject({ ok: true, versionNumber: 1, keyState: "active" });
    change(issuer, introduced("statement", await newSigner(), day(7)), day(7));
    change(issuer, introduced("statement", await newSigner(), day(9)), day(9));
    expect(await showPublicly(row, await historyOf(issuer), day(10))).toMatchObject({ ok: true, keyState: "superseded" });
  });

  it("is none that a revoked key signed, whenever it says that was", async () => {
    const issuer = await newIssuer();
    const row = await issue(issuer);
    change(issuer, { kind: "revoke", kid: issuer.statement.kid, reason: "key_compromise", since: day(8) }, day(9));
    expect(await showPublicly(row, await historyOf(issuer), day(10))).toEqual({ ok: false, reason: "signing_key_revoked" });
  });

  it("is none whose bytes were changed, or whose key nobody introduced, or introduced for something else", async () => {
    const issuer = await newIssuer();
    const row = await issue(issuer);
    const [head = "", payload = "", signature = ""] = row.statement.split(".");
    const flipped = `${head}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    const stranger = await issue({ ...issuer, statement: await newSigner() });
    const misused = await issue({ ...issuer, statement: issuer.checkpoint });
    for (const one of [{ ...row, statement: flipped }, { ...row, statement: "nonsense" }, stranger, misused])
      expect(await showPublicly(one, await historyOf(issuer), day(6))).toEqual({ ok: false, reason: "unverifiable" });
  });

  it("is none that has expired or was taken back, and taken back outlasts expired", async () => {
    const issuer = await newIssuer();
    const history = await historyOf(issuer);
    const [row, taken] = [await issue(issuer), await issue(issuer, { revokedAt: day(6), revokedReason: "mistaken" })];
    expect(await showPublicly(row, history, day(30))).toEqual({ ok: false, reason: "expired" });
    expect(await showPublicly(taken, history, day(7))).toEqual({ ok: false, reason: "revoked" });
    expect(await showPublicly(taken, history, day(31))).toEqual({ ok: false, reason: "revoked" });
    expect(await showPublicly(undefined, history, day(6))).toEqual({ ok: false, reason: "none_issued" });
  });
});
