import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PresentedPayment } from "../../src/payments/payment.ts";
import type { Settlement } from "../../src/payments/settlement.ts";
import { askedLongAgo, kept, remember, tablesOf } from "./remember.ts";
import { endWorld, lease, newPayment, objectOf, passTime, present, request, seconds, standIn, standStill, type World } from "./world.ts";

let world: World;
beforeEach(() => {
  world = standIn();
  standStill();
});
afterEach(endWorld);

const hangUp = () => Promise.reject(new TypeError("connection lost"));
const transferOf = ({ asset, payer, payTo, amount, nonce }: PresentedPayment) => ({ asset, payer, payTo, amount, nonce });

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
