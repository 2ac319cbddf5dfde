import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endDelivery } from "../../src/payments/present-payment.ts";
import type { PresentedPayment } from "../../src/payments/payment.ts";
import type { Settlement } from "../../src/payments/settlement.ts";
import {
  answer,
  endWorld,
  environment,
  lease,
  newPayment,
  objectOf,
  passTime,
  present,
  request,
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

const end = (payment: PresentedPayment, held: string) => endDelivery(environment(), payment, held, { ok: true, answer: answer() });
const fail = (payment: PresentedPayment, held: string) => endDelivery(environment(), payment, held, { ok: false, code: "internal" });
const hangUp = () => Promise.reject(new TypeError("connection lost"));
const transferOf = ({ asset, payer, payTo, amount, nonce }: PresentedPayment) => ({ asset, payer, payTo, amount, nonce });

/** Changes what the object remembers, as time passing would, and starts it anew. */
async function remember(payment: PresentedPayment, change: (settlement: Settlement) => Settlement): Promise<void> {
  await runInDurableObject(await objectOf(payment), (_object, { storage }) => {
    const kept = storage.kv.get<Settlement>("settlement");
    if (kept === undefined) throw new Error("nothing is kept");
    storage.kv.put("settlement", change(kept));
  });
  await evictDurableObject(await objectOf(payment));
}
const askedLongAgo = (kept: Settlement): Settlement => ({ ...kept, asked: { ...kept.asked, lastAt: kept.asked.lastAt - 60_000 } });
const checkedLongAgo = (kept: Settlement): Settlement =>
  kept.outcome.state === "settled" ? { ...kept, outcome: { ...kept.outcome, checkedAt: kept.outcome.checkedAt - 60_000 } } : kept;
const leaseOver = (kept: Settlement): Settlement =>
  kept.delivery.state === "leased" ? { ...kept, delivery: { ...kept.delivery, until: Date.now() - 1 } } : kept;

const kept = async (payment: PresentedPayment): Promise<Settlement | undefined> =>
  runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.kv.get<Settlement>("settlement"));
const tablesOf = async (payment: PresentedPayment): Promise<unknown[]> =>
  runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.sql.exec("select name, sql from sqlite_master").toArray());

describe("a payment that was never asked for", () => {
  it("is refused where it has expired, is not valid yet, is valid for too long, or was signed for another resource", async () => {
    const at = (validAfter: number, validBefore: number) => newPayment({ authorization: { validAfter, validBefore } });
    const now = seconds();
    const cases = [
      [await at(0, now - 10), "expired"],
      [await at(0, now + 3), "expired"],
      [await at(now + 60, now + 300), "not_yet_valid"],
      [await at(0, now + 5000), "valid_for_too_long"],
    ] as const;
    for (const [payment, reason] of cases)
      expect(await present(payment)).toMatchObject({
        kind: "refused",
        code: "payment_refused",
        reason,
        settlement: { success: false, errorReason: reason, transaction: "" },
      });
    const other = await newPayment({ resource: request("b").url });
    expect(await present(other)).toMatchObject({ kind: "refused", code: "payment_mismatch", reason: "other_resource" });
    expect((await present(other, request("b"))).kind).toBe("deliver");
    expect(world.settled).toEqual([other.nonce]);
  });

  it("is neither taken nor remembered where there is nothing to sell", async () => {
    const payment = await newPayment();
    expect(await present(payment, request("a", false))).toEqual({ kind: "unsold" });
    expect([world.verified, world.settled, world.chain.asked]).toEqual([[], [], []]);
    expect(await tablesOf(payment)).toEqual([]);
  });

  it("is refused where the facilitator finds fault with it, once for all who hold it, and may be sent again", async () => {
    const payment = await newPayment();
    world.onVerify = async () => {
      await scheduler.wait(50);
      return Response.json({ isValid: false, invalidReason: "insufficient_funds" });
    };
    const answers = await Promise.all([present(payment), present(payment), present(payment)]);
    for (const one of answers) expect(one).toMatchObject({ kind: "refused", reason: "not_accepted" });
    expect([world.verified.length, world.settled.length]).toEqual([1, 0]);
    expect(await tablesOf(payment)).toEqual([]);
    world.onVerify = () => Response.json({ isValid: true });
    expect((await present(payment, request("b"))).kind).toBe("deliver");
  });

  it("is not known, and never refused, where facilitator or chain is away before it is asked for", async () => {
    const faults = [
      () => void (world.onVerify = hangUp),
      () => void (world.onVerify = () => new Response("down", { status: 502 })),
      () => void (world.onVerify = () => Response.json({ isValid: false, invalidReason: "unexpected_verify_error" })),
      () => void (world.chain.mode = "away"),
      () => void (world.chain.mode = "error"),
    ];
    for (const fault of faults) {
      endWorld();
      world = standIn();
      standStill();
      fault();
      expect(await present(await newPayment())).toMatchObject({ kind: "pending", retryAfterSeconds: 5 });
      expect(world.settled).toEqual([]);
    }
  });

  it("is refused where its nonce was used before anybody asked us", async () => {
    const payment = await newPayment();
    world.chain.transfer(transferOf(payment));
    expect(await present(payment)).toMatchObject({ kind: "refused", reason: "already_used" });
    expect(world.settled).toEqual([]);
  });
});

describe("a facilitator", () => {
  it("that lies of success takes us nowhere: nothing is delivered for what is not on the chain, and no new payment asked for", async () => {
    world.onSettle = () => Response.json({ success: true, transaction: `0x${"ab".repeat(32)}` });
    const payment = await newPayment();
    const answered = await present(payment);
    expect(answered).toMatchObject({ kind: "pending" });
    expect(answered).not.toHaveProperty("settlement");
  });

  it("that names somebody else's transaction is not believed either", async () => {
    const [payment, other] = [await newPayment(), await newPayment()];
    const transaction = world.chain.transfer(transferOf(other));
    world.onSettle = () => Response.json({ success: true, transaction });
    expect((await present(payment)).kind).toBe("pending");
  });

  it("that names a transaction too large to read, its own or another's, keeps nobody from what was paid", async () => {
    const lump = world.chain.transfer(transferOf(await newPayment())) ?? "";
    world.chain.huge.add(lump);
    world.onSettle = (settle) => Response.json({ ...settle(), transaction: lump });
    expect((await present(await newPayment())).kind).toBe("deliver");
    world.onSettle = (settle) => {
      const report = settle();
      world.chain.huge.add(report.transaction);
      return Response.json(report);
    };
    const payment = await newPayment();
    expect((await present(payment)).kind).toBe("deliver");
  });

  it("that took the payment and says that it failed, says nothing, hangs up or answers twice is overruled by the chain", async () => {
    const lies = [
      () => Response.json({ success: false, errorReason: "insufficient_funds", transaction: "" }),
      () => new Response("", { status: 200 }),
      hangUp,
      () => new Response("{}{}"),
      () => new Response("internal", { status: 500 }),
      () => Response.json({ success: false, errorReason: "settlement_pending", transaction: `0x${"00".repeat(32)}` }, { status: 500 }),
    ];
    for (const lie of lies) {
      const payment = await newPayment();
      world.onSettle = (settle) => {
        settle();
        return lie();
      };
      expect((await present(payment)).kind).toBe("deliver");
      expect(world.settled.filter((nonce) => nonce === payment.nonce)).toHaveLength(1);
    }
  });

  it("that settles twice changes nothing", async () => {
    world.onSettle = (settle) => {
      settle();
      return Response.json(settle());
    };
    const payment = await newPayment();
    expect((await present(payment)).kind).toBe("deliver");
  });

  it("that fails is asked again with the same authorization when the payer comes again, and not at once", async () => {
    const at: number[] = [];
    world.onSettle = (settle) => {
      at.push(Date.now());
      return at.length < 3 ? Response.json({ success: false, errorReason: "no gas", transaction: "" }) : Response.json(settle());
    };
    const payment = await newPayment();
    expect((await present(payment)).kind).toBe("pending");
    expect((await present(payment)).kind).toBe("pending");
    expect((await present(payment)).kind).toBe("deliver");
    expect(at).toHaveLength(3);
    for (const [index, time] of at.slice(1).entries()) expect(time - (at[index] ?? 0)).toBeGreaterThanOrEqual(8_000);
  });

  it("that is slower than we wait has its payer come again, and settles once", async () => {
    const [begun, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    world.onSettle = async (settle) => {
      begun.resolve();
      await done.promise;
      return Response.json(settle());
    };
    const payment = await newPayment();
    const first = present(payment);
    await begun.promise;
    const second = present(payment);
    await scheduler.wait(1);
    passTime(26_000);
    expect([(await first).kind, (await second).kind]).toEqual(["pending", "pending"]);
    done.resolve();
    expect((await present(payment)).kind).toBe("deliver");
    expect(world.settled).toHaveLength(1);
  });
});

describe("a payment whose outcome nobody knows", () => {
  /** Asked for, and the object started anew before the answer. */
  async function lost(taken: boolean): Promise<PresentedPayment> {
    const payment = await newPayment();
    world.chain.mode = "well";
    world.onSettle = (settle) => {
      if (taken) settle();
      world.chain.mode = "away";
      return hangUp();
    };
    expect(await present(payment)).toMatchObject({ kind: "pending" });
    await evictDurableObject(await objectOf(payment));
    expect((await kept(payment))?.asked.times).toBe(1);
    return payment;
  }

  it("is bound and durable before the facilitator is asked", async () => {
    const payment = await newPayment();
    let before: Settlement | undefined;
    world.onSettle = async (settle) => {
      before = await kept(payment);
      return Response.json(settle());
    };
    await lease(payment);
    expect(before).toMatchObject({ bound: { fingerprint: request().fingerprint }, asked: { times: 1 }, outcome: { state: "open" } });
  });

  it("is pending while the chain is away, never refused", async () => {
    const payment = await lost(true);
    expect((await present(payment)).kind).toBe("pending");
    expect(await present(payment, request("b"))).toMatchObject({ code: "payment_mismatch" });
  });

  it("is found on the chain by its nonce, when asked for or by the alarm, and not settled again", async () => {
    const [asked, alarmed] = [await lost(true), await lost(true)];
    world.chain.mode = "well";
    expect((await present(asked)).kind).toBe("deliver");
    await remember(alarmed, askedLongAgo);
    expect(await runDurableObjectAlarm(await objectOf(alarmed))).toBe(true);
    expect((await kept(alarmed))?.outcome.state).toBe("settled");
    expect(world.settled).toHaveLength(2);
  });

  it("is settled by the same authorization where the chain has it free, but not by an alarm that nobody waits for", async () => {
    const payment = await lost(false);
    world.chain.mode = "well";
    world.onSettle = (settle) => Response.json(settle());
    await remember(payment, askedLongAgo);
    await runDurableObjectAlarm(await objectOf(payment));
    expect(world.settled).toHaveLength(1);
    expect((await present(payment, request("a", false))).kind).toBe("pending");
    expect(world.settled).toHaveLength(1);
    await evictDurableObject(await objectOf(payment));
    expect((await present(payment)).kind).toBe("deliver");
    expect(world.settled).toHaveLength(2);
  });

  it("is refused once the chain's own time is past its end and its nonce is free", async () => {
    const payment = await lost(false);
    world.chain.mode = "well";
    world.onSettle = hangUp;
    world.chain.ahead = 200;
    expect((await present(payment)).kind).toBe("pending");
    world.chain.ahead = 310;
    expect(await present(payment)).toMatchObject({ kind: "refused", reason: "not_taken" });
    world.chain.ahead = 0;
    expect(await present(payment)).toMatchObject({ kind: "refused", reason: "not_taken" });
  });

  it("is refused where it was cancelled, or used for a transfer to somebody else", async () => {
    const [cancelled, diverted] = [await lost(false), await lost(false)];
    world.chain.mode = "well";
    world.chain.cancel(cancelled);
    world.chain.transfer({ ...transferOf(diverted), payTo: diverted.payer });
    for (const payment of [cancelled, diverted]) expect(await present(payment)).toMatchObject({ kind: "refused", reason: "cancelled" });
  });
});

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
    expect(await present(payment)).toMatchObject({ kind: "refused", reason: "already_used" });
  });
});
