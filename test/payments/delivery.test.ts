import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PresentedPayment } from "../../src/payments/payment.ts";
import { endDelivery } from "../../src/payments/present-payment.ts";
import type { Settlement } from "../../src/payments/settlement.ts";
import { askedLongAgo, checkedLongAgo, leaseOver, kept, tablesOf, end, fail, remember } from "./remember.ts";
import {
  answer,
  endWorld,
  environment,
  lease,
  newPayment,
  objectOf,
  passTime,
  present,
  seconds,
  standIn,
  standStill,
  type World,
} from "./world.ts";

let world: World;
beforeEach(() => {
  world = standIn();
  standStill();
});
afterEach(endWorld);

describe("a delivery", () => {
  it("that fails leaves a credit, which the same payment redeems though the object was started anew", async () => {
    const payment = await newPayment();
    const first = await lease(payment);
    expect(await fail(payment, first.lease)).toBeUndefined();
    await evictDurableObject(await objectOf(payment));
    const second = await lease(payment);
    expect(second.settlement).toEqual(first.settlement);
    expect(await end(payment, second.lease)).toEqual(answer());
    expect((await present(payment)).kind).toBe("answer");
    expect(world.settled).toHaveLength(1);
  });

  it("that fails again and again is tried ever more seldom, also where nobody ends it, and stays owed", async () => {
    const payment = await newPayment();
    const begun: number[] = [];
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      const presented = await present(payment);
      if (presented.kind === "deliver") {
        begun.push(minute);
        if (begun.length % 2 === 1) await fail(payment, presented.lease);
      } else {
        expect(presented).toMatchObject({ kind: "owed", settlement: { success: true } });
        if (presented.kind === "owed") expect(presented.retryAfterSeconds).toBeGreaterThan(0);
      }
      passTime(60_000);
    }
    expect(begun.length).toBeLessThan(16);
    expect(begun.slice(0, 4)).toEqual([0, 1, 2, 3]);
    passTime(86_400_000);
    const { lease: held } = await lease(payment);
    expect(await end(payment, held)).toEqual(answer());
    expect((await present(payment)).kind).toBe("answer");
  });

  it("whose Worker died is taken over when the lease is over, and credited by the alarm where nobody comes", async () => {
    const [taken, left] = [await newPayment(), await newPayment()];
    const dead = await lease(taken);
    await lease(left);
    for (const payment of [taken, left]) await remember(payment, leaseOver);
    const next = await lease(taken);
    expect(next.lease).not.toBe(dead.lease);
    await runDurableObjectAlarm(await objectOf(left));
    expect((await kept(left))?.delivery).toMatchObject({ state: "credited", credit: { code: "not_collected" } });
  });

  it("of the slower of two is answered with what the other one got", async () => {
    const payment = await newPayment();
    const slow = await lease(payment);
    await remember(payment, leaseOver);
    const quick = await lease(payment);
    const send = (held: string, body: string) => endDelivery(environment(), payment, held, { ok: true, answer: answer(body) });
    expect(await send(slow.lease, "early")).toBeUndefined();
    expect(await send(quick.lease, "quick")).toEqual(answer("quick"));
    expect(await send(slow.lease, "late")).toEqual(answer("quick"));
  });

  it("that ends after its lease, taken over by nobody, still counts", async () => {
    const payment = await newPayment();
    const slow = await lease(payment);
    await remember(payment, leaseOver);
    await runDurableObjectAlarm(await objectOf(payment));
    expect(await end(payment, slow.lease)).toEqual(answer());
    expect((await present(payment)).kind).toBe("answer");
  });

  it("with an answer too large to keep leaves a credit, and a large one is kept to the byte", async () => {
    const [small, large] = [await newPayment(), await newPayment()];
    const chance = Array.from({ length: 40 }, () => crypto.getRandomValues(new Uint8Array(65_536)));
    const noise = chance.map((bytes) => btoa(String.fromCharCode(...bytes))).join("");
    const send = (payment: PresentedPayment, held: string, body: string) =>
      endDelivery(environment(), payment, held, { ok: true, answer: answer(body) });
    expect(await send(large, (await lease(large)).lease, noise)).toBeUndefined();
    expect((await kept(large))?.delivery).toMatchObject({ state: "credited", credit: { code: "answer_too_large" } });
    const body = `\uFEFF${noise.slice(0, 600_000)}${"é".repeat(400_000)}`;
    await send(small, (await lease(small)).lease, body);
    expect(await present(small)).toMatchObject({ kind: "answer", answer: { body } });
  });
});

describe("a chain that is reorganized", () => {
  it("before the delivery has the payment settled again, by the same authorization", async () => {
    const payment = await newPayment();
    const first = await lease(payment);
    await fail(payment, first.lease);
    world.chain.reorganize();
    await remember(payment, (state) => askedLongAgo(checkedLongAgo(state)));
    const second = await lease(payment);
    expect(second.settlement.transaction).not.toBe(first.settlement.transaction);
    expect(world.settled).toEqual([payment.nonce, payment.nonce]);
  });

  it("before the delivery, and for good, has it refused: nothing is delivered for it", async () => {
    const payment = await newPayment();
    await fail(payment, (await lease(payment)).lease);
    world.chain.reorganize();
    world.chain.ahead = 400;
    await remember(payment, checkedLongAgo);
    expect(await present(payment)).toMatchObject({ kind: "refused", reason: "not_taken" });
  });

  it("is not asked in vain: while it is away, what must be looked at again is pending", async () => {
    const payment = await newPayment();
    await fail(payment, (await lease(payment)).lease);
    await remember(payment, checkedLongAgo);
    world.chain.mode = "away";
    expect(await present(payment)).toMatchObject({ kind: "pending", settlement: { success: true } });
  });

  /** Delivered, and a minute before its end. */
  async function delivered(secondsLeft: number): Promise<PresentedPayment> {
    const payment = await newPayment({ authorization: { validBefore: seconds() + secondsLeft } });
    await end(payment, (await lease(payment)).lease);
    await remember(payment, (state) => askedLongAgo(checkedLongAgo(state)));
    return payment;
  }

  it("after the delivery has it settled again by an alarm before its end", async () => {
    const payment = await delivered(50);
    world.chain.reorganize();
    await runDurableObjectAlarm(await objectOf(payment));
    expect(world.settled).toEqual([payment.nonce, payment.nonce]);
    expect((await kept(payment))?.outcome).toMatchObject({ state: "settled", standing: "confirmed" });
    expect((await present(payment)).kind).toBe("answer");
  });

  it("after the delivery and its end has the payment reversed, and the answer stays the payer's", async () => {
    const payment = await delivered(50);
    world.chain.reorganize();
    world.chain.ahead = 100;
    await runDurableObjectAlarm(await objectOf(payment));
    expect((await kept(payment))?.outcome.state).toBe("reversed");
    expect((await present(payment)).kind).toBe("answer");
    expect(world.settled).toHaveLength(1);
  });
});

describe("a credit", () => {
  const creditDays = 30;
  const credited = async (): Promise<PresentedPayment> => {
    const payment = await newPayment();
    await fail(payment, (await lease(payment)).lease);
    // The last look at the chain, after the end of the authorization.
    passTime(400_000);
    await runDurableObjectAlarm(await objectOf(payment));
    expect(await kept(payment)).toMatchObject({ outcome: { state: "settled", final: true }, delivery: { state: "credited" } });
    passTime(creditDays * 86_400_000 - 400_000 - 60_000);
    return payment;
  };

  it("is redeemed by the same header up to its last minute, long after the authorization's end", async () => {
    const payment = await credited();
    await runDurableObjectAlarm(await objectOf(payment));
    const { lease: held } = await lease(payment);
    expect(await end(payment, held)).toEqual(answer());
    expect((await present(payment)).kind).toBe("answer");
    expect(world.settled).toEqual([payment.nonce]);
  });

  it("lapses by the alarm after 30 days: then the same header is an expired one, and buys nothing", async () => {
    const payment = await credited();
    passTime(60_000);
    expect(await runDurableObjectAlarm(await objectOf(payment))).toBe(true);
    expect(await tablesOf(payment)).toEqual([]);
    for (const restart of [false, true]) {
      if (restart) await evictDurableObject(await objectOf(payment));
      expect(await present(payment)).toMatchObject({ kind: "refused", code: "payment_refused", reason: "expired" });
    }
    expect(await tablesOf(payment)).toEqual([]);
    expect(world.settled).toEqual([payment.nonce]);
  });
});

describe("what was", () => {
  it("is forgotten a day after its end, and not before its ledger is written", async () => {
    const payment = await newPayment();
    await end(payment, (await lease(payment)).lease);
    const aged = (state: Settlement): Settlement => ({
      ...state,
      terms: { ...state.terms, validBefore: seconds() - 90_000 },
      delivery: { state: "answered", at: Date.now() - 90_000_000 },
      outcome: state.outcome.state === "settled" ? { ...state.outcome, final: true } : state.outcome,
    });
    await remember(payment, aged);
    await runDurableObjectAlarm(await objectOf(payment));
    expect(await tablesOf(payment)).toEqual([]);
    const gone = await present(payment);
    expect(gone).toMatchObject({ kind: "refused", reason: "already_used" });
    // Its name would show whoever made the header from the chain what the ledger has.
    expect(gone).not.toHaveProperty("paymentId");
  });
});
