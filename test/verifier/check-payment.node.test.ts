import { createPublicKey, verify as verifySignature } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { compactVerify, importJWK } from "jose";
import { jsonDigest } from "../../src/crypto/digest.ts";
import { utf8 } from "../../src/crypto/encoding.ts";
import { PaymentClaim, paymentSubjects } from "../../src/crypto/statement/payment.ts";
import { signHistory } from "../../src/crypto/statement/key-history.ts";
import { signStatement, subjectOf, type NewStatement } from "../../src/crypto/statement/statement.ts";
import { checkDocument } from "../../src/verifier/check-document.ts";
import { readDocument } from "../../src/verifier/read-document.ts";
import { exitCodeOf, verdicts } from "../../src/verifier/verdicts.ts";
import { newSigner, sampleAttestation } from "../crypto/statement/signing.ts";
import { change, day, inclusionOf, logEvent, newIssuer, type TestIssuer } from "./issuer.ts";

const claim = {
  payment: `pay_${"1".repeat(54)}`,
  outcome: "delivered",
  network: "eip155:84532",
  asset: "0x036cbd53842c5426634e7929541ec2318f3dcf7e",
  payer: `0x${"ab".repeat(20)}`,
  payTo: `0x${"cd".repeat(20)}`,
  amount: "1000",
  transaction: `0x${"12".repeat(32)}`,
  nonce: `0x${"34".repeat(32)}`,
  operation: "scores.get",
  resource: "https://api.armalo.test/v1/agents/agt_1/score",
  settledAt: "2026-11-01T00:00:00.000Z",
};

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await newIssuer();
});

/** A receipt for a payment, with its event in the ledger's log. */
async function receipt(said: Partial<typeof claim> = {}, alter = (statement: NewStatement): NewStatement => statement, by = issuer) {
  const { agent: _, expiresAt: _never, claim: _claim, ...basics } = sampleAttestation({ id: "rcp_1111111111111111111111" }).predicate;
  const whole = { ...claim, ...said };
  const subject = await paymentSubjects(PaymentClaim.parse(claim), `sha256:${"ef".repeat(32)}`);
  const { jws, digest } = await signStatement(by.statement, alter({ kind: "payment", subject, predicate: { ...basics, ...whole } }));
  const preimage = { statement: digest, change: await jsonDigest({ payment: claim.payment }) };
  const leaf = await logEvent(by, { action: "payment.settled", change: await jsonDigest(preimage) });
  const inclusion = await inclusionOf(by, leaf, preimage);
  return { format: "armalo-bundle/1", statement: jws, keyHistory: await signHistory(by.root, by.history), inclusion, statusList: null };
}

async function judge(file: unknown, fingerprints = [issuer.root.kid], keyHistory: string | null = null) {
  const document = readDocument(utf8(typeof file === "string" ? file : JSON.stringify(file)));
  if (document === undefined) return { exit: 3, lines: ["form malformed"], details: "" };
  const pins = { fingerprints, witnesses: [], now: day(40), maxListAgeSeconds: 86_400 };
  const { findings } = await checkDocument(document, { keyHistory, checkpoint: null, leaves: null, accepted: [] }, pins);
  return {
    exit: exitCodeOf(findings, []),
    lines: findings.map(({ check, verdict }) => `${check} ${verdict}`),
    details: findings.map(({ detail }) => detail).join("\n"),
  };
}

describe("a payment's receipt", () => {
  it("holds as the issuer's word, signed and logged, and says where to ask for the chain's", async () => {
    const judged = await judge(await receipt());
    expect(judged).toMatchObject({
      exit: 0,
      lines: [
        "issuer root_pinned",
        "signature signature_valid",
        "key key_active",
        "log included",
        "expiry without_expiry",
        "revocation not_revocable",
        "payment payment_stated",
      ],
    });
    expect(judged.details).toContain(`1000 atomic units of ${claim.asset} from ${claim.payer} to ${claim.payTo}, delivered`);
    expect(judged.details).toContain(`transaction ${claim.transaction} on eip155:84532`);
    expect((await judge(await receipt({ outcome: "reversed" }))).details).toContain("reversed");
  });

  it("is told apart where it stands alone, without its log", async () => {
    const { statement, keyHistory } = await receipt();
    expect(await judge(statement, undefined, keyHistory)).toMatchObject({
      exit: 20,
      lines: expect.arrayContaining(["log inclusion_absent"]),
    });
    expect(await judge(statement)).toMatchObject({ exit: 10 });
  });

  it("never holds with a byte of its signed part altered, another issuer pinned, another event or a revoked key", async () => {
    const good = await receipt();
    for (let at = 0; at < good.statement.length; at += 17) {
      const other = good.statement[at] === "A" ? "B" : "A";
      const altered = `${good.statement.slice(0, at)}${other}${good.statement.slice(at + 1)}`;
      expect([3, 11, 12], `character ${at}`).toContain((await judge({ ...good, statement: altered })).exit);
    }
    expect((await judge(good, [(await newSigner()).kid])).exit).toBe(10);
    const { inclusion } = await receipt({ amount: "1" });
    expect((await judge({ ...good, inclusion })).exit).toBe(verdicts.event_of_another[0]);
    const own = await newIssuer();
    change(own, { kind: "revoke", kid: own.statement.kid, reason: "key_compromise", since: day(2) }, day(3));
    expect((await judge(await receipt({}, undefined, own), [own.root.kid])).exit).toBe(verdicts.key_revoked[0]);
  });

  it("is refused where it is about another authorization than the one it names, or leaves something out", async () => {
    for (const said of [{ payer: `0x${"ac".repeat(20)}` }, { nonce: `0x${"35".repeat(32)}` }, { network: "eip155:8453" }]) {
      expect((await judge(await receipt(said))).exit, JSON.stringify(said)).toBe(3);
    }
    expect((await judge(await receipt({ amount: "1.5" }))).exit).toBe(3);
    const without = (statement: NewStatement): NewStatement => ({ ...statement, predicate: { ...statement.predicate, payer: undefined } });
    expect((await judge(await receipt({}, without))).exit).toBe(3);
    const more = (statement: NewStatement): NewStatement => ({
      ...statement,
      subject: [...statement.subject, subjectOf("other", `sha256:${"00".repeat(32)}`)],
    });
    expect((await judge(await receipt({}, more))).exit).toBe(3);
    const alone = ({ subject, ...rest }: NewStatement): NewStatement => ({ ...rest, subject: subject.slice(0, 1) });
    expect((await judge(await receipt({}, alone))).exit).toBe(3);
  });

  it("is read by other people's tools as well: jose and OpenSSL", async () => {
    const { statement } = await receipt();
    const jwk = { kty: "OKP", crv: "Ed25519", x: issuer.statement.x };
    const { payload } = await compactVerify(statement, await importJWK(jwk, "EdDSA"));
    expect(JSON.parse(new TextDecoder().decode(payload)).predicate).toMatchObject(claim);
    const [head, body, signature = ""] = statement.split(".");
    const key = createPublicKey({ key: jwk, format: "jwk" });
    expect(verifySignature(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))).toBe(true);
  });
});
