import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { platformOrgId } from "../../src/access/platform.ts";
import { readKeyHistory } from "../../src/access/current-signer.ts";
import { importPublicKey } from "../../src/crypto/ed25519.ts";
import { jsonDigest } from "../../src/crypto/digest.ts";
import { openStatement } from "../../src/crypto/statement/open-statement.ts";
import { PaymentClaim } from "../../src/crypto/statement/payment.ts";
import type { PresentedPayment } from "../../src/payments/payment.ts";
import { endDelivery } from "../../src/payments/present-payment.ts";
import type { Settlement } from "../../src/payments/settlement.ts";
import { proveEvent } from "../../src/audit/log-client.ts";
import { eventsOf } from "../audit/support.ts";
import { failDatabase, ownerSees, roundTrips } from "../support/harness.ts";
import { callApi } from "../support/organization.ts";
import { answer, endWorld, environment, lease, newPayment, objectOf, request, standIn, type World } from "./world.ts";

let world: World;
beforeEach(() => (world = standIn()));
afterEach(async () => {
  endWorld();
  await failDatabase(platformOrgId, "none");
});

const deliver = async (payment: PresentedPayment) => {
  const given = await lease(payment);
  await endDelivery(environment(), payment, given.lease, { ok: true, answer: answer() });
  return given;
};
const fail = async (payment: PresentedPayment) => {
  const given = await lease(payment);
  await endDelivery(environment(), payment, given.lease, { ok: false, code: "internal" });
  return given;
};

const waiting = async (payment: PresentedPayment): Promise<number> =>
  runInDurableObject(
    await objectOf(payment),
    (_object, { storage }) => storage.sql.exec<{ n: number }>("select count(*) as n from outbox").one().n,
  );
/** Until the object has told the ledger all. */
async function logged(payment: PresentedPayment): Promise<void> {
  for (let tries = 0; tries < 400 && (await waiting(payment)) > 0; tries += 1) await scheduler.wait(50);
  expect(await waiting(payment)).toBe(0);
}

const eventsAbout = (paymentId: string): Promise<Record<string, unknown>[]> =>
  ownerSees(
    "select id, seq::int, action, actor, change from audit_events where org_id = $1 and resource = $2 order by seq",
    platformOrgId,
    paymentId,
  );
const actionsAbout = async (paymentId: string): Promise<unknown[]> => (await eventsAbout(paymentId)).map(({ action }) => action);
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever shape a row has
const receiptsOf = (paymentId: string): Promise<Record<string, any>[]> =>
  ownerSees(
    "select number, outcome, statement, digest, kid, change_digest, event_seq::int from payment_receipts where payment_id = $1 order by number",
    paymentId,
  );
const rowOf = async (paymentId: string): Promise<Record<string, unknown> | undefined> =>
  (await ownerSees("select outcome, transaction, revision, payer, amount, operation, resource from payments where id = $1", paymentId))[0];

describe("the ledger", () => {
  it("holds one event, one row and one signed receipt of a payment that was delivered", async () => {
    const payment = await newPayment();
    const { paymentId, settlement } = await deliver(payment);
    await logged(payment);
    const [event, ...others] = await eventsAbout(paymentId);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ action: "payment.settled", actor: "system:payments" });
    expect(await rowOf(paymentId)).toEqual({
      ...{ outcome: "delivered", transaction: settlement.transaction, revision: 1, payer: payment.payer, amount: "1000" },
      ...{ operation: "scores.get", resource: request().url },
    });
    const [receipt] = await receiptsOf(paymentId);
    if (receipt === undefined) throw new Error("no receipt");
    expect(event?.change).toBe(await jsonDigest({ statement: receipt.digest, change: receipt.change_digest }));
    expect(receipt.event_seq).toBe(event?.seq);
    const opened = await openStatement(receipt.statement);
    if (!opened.ok) throw new Error(opened.fault);
    const history = await readKeyHistory(environment());
    const key = await importPublicKey(history?.history.keys.find(({ kid }) => kid === receipt.kid)?.x ?? "");
    expect(key !== undefined && (await opened.opened.isSignedBy(key))).toBe(true);
    const { payer, payTo, network, asset, amount, nonce } = payment;
    expect(PaymentClaim.parse(opened.opened.statement.predicate)).toMatchObject({
      ...{ payment: paymentId, outcome: "delivered", payer, payTo, network, asset, amount, nonce },
      ...{ transaction: settlement.transaction, operation: "scores.get", resource: request().url, issuer: environment().publicOrigin },
    });
  });

  it("shows credit, redemption and reversal in turn, each with a receipt", async () => {
    const payment = await newPayment();
    const { paymentId } = await fail(payment);
    await fail(payment);
    await logged(payment);
    expect(await actionsAbout(paymentId)).toEqual(["payment.settled", "payment.credited"]);
    expect(await rowOf(paymentId)).toMatchObject({ outcome: "credited" });
    await deliver(payment);
    await logged(payment);
    expect(await rowOf(paymentId)).toMatchObject({ outcome: "delivered", revision: 2 });
    world.chain.reorganize();
    world.chain.ahead = 400;
    await runInDurableObject(await objectOf(payment), (_object, { storage }) => {
      const kept = storage.kv.get<Settlement>("settlement");
      if (kept === undefined || kept.outcome.state !== "settled") throw new Error("not settled");
      storage.kv.put("settlement", {
        ...kept,
        terms: { ...kept.terms, validBefore: kept.terms.validBefore - 400 },
        outcome: { ...kept.outcome, checkedAt: 0 },
      });
    });
    await evictDurableObject(await objectOf(payment));
    await runDurableObjectAlarm(await objectOf(payment));
    await logged(payment);
    expect(await actionsAbout(paymentId)).toEqual(["payment.settled", "payment.credited", "payment.redeemed", "payment.reversed"]);
    expect((await receiptsOf(paymentId)).map(({ number, outcome }) => [number, outcome])).toEqual([
      [1, "credited"],
      [2, "delivered"],
      [3, "reversed"],
    ]);
    expect(await rowOf(paymentId)).toMatchObject({ outcome: "reversed", revision: 3 });
    const shown = await callApi("GET", `/v1/payments/${paymentId}`);
    expect(shown.body).toMatchObject({ state: "reversed", next: "pay_again", receipt: { outcome: "reversed" } });
    const { body: bundle } = await callApi("GET", `/v1/payments/${paymentId}/receipt`);
    expect(bundle).toMatchObject({
      statement: shown.body.receipt.statement,
      inclusion: { leaf: { action: "payment.reversed" }, preimage: { statement: shown.body.receipt.digest } },
    });
  });

  it("is written once, whether the database fails before the commit or after it, and the payer is answered meanwhile", async () => {
    for (const mode of ["down", "after_commit"] as const) {
      const payment = await newPayment();
      await failDatabase(platformOrgId, mode, 3);
      const { paymentId } = await deliver(payment);
      await scheduler.wait(100);
      await failDatabase(platformOrgId, "none");
      await evictDurableObject(await objectOf(payment));
      await runDurableObjectAlarm(await objectOf(payment));
      await logged(payment);
      expect(await actionsAbout(paymentId)).toEqual(["payment.settled"]);
      expect(await receiptsOf(paymentId)).toHaveLength(1);
    }
  });

  it("is in the platform's transparency log, under a signed checkpoint", async () => {
    const payment = await newPayment();
    const { paymentId } = await deliver(payment);
    await logged(payment);
    const [event] = await eventsAbout(paymentId);
    const leaf = (await eventsOf({ orgId: platformOrgId })).find(({ id }) => id === event?.id);
    if (leaf === undefined) throw new Error("no such event");
    expect(await proveEvent(environment(), leaf)).toMatchObject({ ok: true, proof: { index: leaf.seq - 1 } });
  });
});

describe("GET /v1/payments/{paymentId}", () => {
  it("shows a payer what became of the payment and what to do now, never the answer, and is kept nowhere", async () => {
    const payment = await newPayment();
    const { paymentId, settlement } = await fail(payment);
    await logged(payment);
    const owed = await callApi("GET", `/v1/payments/${paymentId}`);
    expect(owed.headers.get("cache-control")).toBe("no-store");
    expect(owed.body).toMatchObject({
      id: paymentId,
      state: "credited",
      next: "resend_same",
      transaction: settlement.transaction,
      receipt: { outcome: "credited" },
    });
    await deliver(payment);
    await logged(payment);
    const paid = await callApi("GET", `/v1/payments/${paymentId}`);
    expect(paid.body).toMatchObject({
      state: "delivered",
      next: "resend_same",
      amount: "1000",
      resource: request().url,
      receipt: { outcome: "delivered" },
    });
    expect(paid.text).not.toContain('score\\":1');
    expect(paid.text).not.toContain(payment.payer);
    await runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.deleteAll());
    await evictDurableObject(await objectOf(payment));
    expect((await callApi("GET", `/v1/payments/${paymentId}`)).body).toMatchObject({
      state: "delivered",
      next: "nothing",
      keptUntil: null,
    });
  });

  it("knows nothing of an identifier that is not ours, or of a payment that was never taken, each alike", async () => {
    const payment = await newPayment();
    const { paymentId } = await lease(payment);
    const forged = `${paymentId.slice(0, -1)}${paymentId.endsWith("0") ? "1" : "0"}`;
    expect((await callApi("GET", `/v1/payments/${paymentId}`)).body).toMatchObject({ state: "delivering", receipt: null });
    const [unknown, nonsense] = [await callApi("GET", `/v1/payments/${forged}`), await callApi("GET", "/v1/payments/pay_x")];
    expect([unknown.status, unknown.body.code]).toEqual([404, "not_found"]);
    expect(nonsense.status).toBe(400);
    await runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.deleteAll());
    await evictDurableObject(await objectOf(payment));
    const gone = await callApi("GET", `/v1/payments/${paymentId}`);
    expect(gone.text.replaceAll(gone.requestId, "")).toBe(unknown.text.replaceAll(unknown.requestId, ""));
  });
});

describe("GET /v1/payments/{paymentId}/receipt", () => {
  it("has nothing of a payment without a receipt yet or of an invented identifier, each alike", async () => {
    const payment = await newPayment();
    const given = await lease(payment);
    const { paymentId } = given;
    const forged = `${paymentId.slice(0, -1)}${paymentId.endsWith("0") ? "1" : "0"}`;
    const [early, unknown] = [
      await callApi("GET", `/v1/payments/${paymentId}/receipt`),
      await callApi("GET", `/v1/payments/${forged}/receipt`),
    ];
    expect([early.status, early.body.code]).toEqual([404, "not_found"]);
    expect(early.text.replaceAll(early.requestId, "")).toBe(unknown.text.replaceAll(unknown.requestId, ""));
    expect([await roundTrips(early.requestId), await roundTrips(unknown.requestId)]).toEqual([1, 0]);
    expect((await callApi("GET", "/v1/payments/pay_x/receipt")).status).toBe(400);
    await endDelivery(environment(), payment, given.lease, { ok: true, answer: answer() });
    await logged(payment);
    expect((await callApi("GET", `/v1/payments/${paymentId}/receipt`)).status).toBe(200);
  });
});
