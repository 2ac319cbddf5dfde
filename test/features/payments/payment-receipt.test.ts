import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../src/crypto/encoding.ts";
import { checkDocument } from "../../../src/verifier/check-document.ts";
import { readDocument } from "../../../src/verifier/read-document.ts";
import { exitCodeOf, type Finding } from "../../../src/verifier/verdicts.ts";
import { roundTrips } from "../../support/harness.ts";
import { callApi, createOrganization, type Answer } from "../../support/organization.ts";
import { newPayer, pay, type Payer } from "../../support/payments.ts";

/** As a stranger reads the file, who pins a root key's fingerprint and has nothing else. */
async function judge(file: string, pin = env.ROOT_FINGERPRINT): Promise<{ exit: number; findings: readonly Finding[] }> {
  const document = readDocument(utf8(file));
  if (document === undefined) throw new Error("not a document that the verifier knows");
  const pins = { fingerprints: [pin], witnesses: [], now: new Date(), maxListAgeSeconds: 1 };
  const { findings } = await checkDocument(document, { keyHistory: null, checkpoint: null, leaves: null, accepted: [] }, pins);
  return { exit: exitCodeOf(findings, []), findings };
}

/** A receipt comes some seconds after the answer that was paid for. */
async function untilReceipt({ headers }: Payer, paymentId: string, query = ""): Promise<Answer> {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await callApi("GET", `/v1/payments/${paymentId}/receipt${query}`, undefined, headers);
    if (answer.status !== 404) return answer;
    await scheduler.wait(250);
  }
  throw new Error("no receipt came");
}

async function payForScore(): Promise<{ payer: Payer; paymentId: string }> {
  const org = await createOrganization();
  const made = await org.call("POST", "/v1/agents", { externalId: crypto.randomUUID(), name: "Bot", isPublic: true });
  const payer = await newPayer();
  const paid = await pay(payer, { path: `/v1/agents/${made.body.id}/score` });
  expect(paid.status, paid.text).toBe(200);
  return { payer, paymentId: paid.headers.get("x-payment-id") ?? "" };
}

describe("the receipt of a payment", () => {
  it("is verified offline by a payer without an account, log included, with the root's fingerprint alone", async () => {
    const { payer, paymentId } = await payForScore();
    const answer = await untilReceipt(payer, paymentId);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await roundTrips(answer.requestId)).toBe(1);
    const { exit, findings } = await judge(answer.text);
    expect(findings.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
      "issuer root_pinned",
      "signature signature_valid",
      "key key_active",
      "log included",
      "expiry without_expiry",
      "revocation not_revocable",
      "payment payment_stated",
    ]);
    expect(exit).toBe(0);
    expect(findings.at(-1)?.detail).toContain(payer.address.toLowerCase());
    const shown = await callApi("GET", `/v1/payments/${paymentId}`, undefined, payer.headers);
    expect(answer.body.statement).toBe(shown.body.receipt.statement);
    const dsse = await untilReceipt(payer, paymentId, "?envelope=dsse");
    expect((await judge(dsse.text)).exit).toBe(0);
  });

  it("does not hold without its proof, with another payment's, or for whoever pins another root", async () => {
    const [one, other] = [await payForScore(), await payForScore()];
    const { text, body } = await untilReceipt(one.payer, one.paymentId);
    const { inclusion } = (await untilReceipt(other.payer, other.paymentId)).body;
    expect((await judge(text, "A".repeat(43))).exit).toBe(10);
    expect((await judge(JSON.stringify({ ...body, inclusion: null }))).exit).toBe(20);
    expect((await judge(JSON.stringify({ ...body, inclusion }))).exit).toBe(25);
  });
});
