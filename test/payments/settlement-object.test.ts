import { env } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { endDelivery, presentPayment } from "../../src/payments/present-payment.ts";
import { answer, environment, lease, newPayment, objectOf, present, request, standIn, type World } from "./world.ts";

let world: World;
beforeEach(() => (world = standIn()));
afterEach(() => vi.restoreAllMocks());

const end = (payment: Awaited<ReturnType<typeof newPayment>>, held: string, body?: string) =>
  endDelivery(environment(), payment, held, { ok: true, answer: answer(body) });

describe("a payment", () => {
  it("is taken once, delivered for once, and answered the same for ever after", async () => {
    const payment = await newPayment();
    const given = await lease(payment);
    expect(given.settlement).toMatchObject({ success: true, payer: payment.payer, network: payment.network, amount: "1000" });
    expect(await end(payment, given.lease)).toEqual(answer());
    for (const restart of [false, true]) {
      if (restart) await evictDurableObject(await objectOf(payment));
      expect(await present(payment)).toEqual({
        kind: "answer",
        answer: answer(),
        paymentId: given.paymentId,
        settlement: given.settlement,
      });
    }
    expect([world.verified.length, world.settled.length]).toEqual([1, 1]);
  });

  it("that eight hold at once is taken once, delivered for once, and answered to all alike", async () => {
    const payment = await newPayment();
    let deliveries = 0;
    const hold = async () => {
      const presented = await present(payment);
      if (presented.kind !== "deliver") return presented.kind === "answer" ? presented.answer : presented;
      deliveries += 1;
      await scheduler.wait(100);
      return end(payment, presented.lease, `{"delivery":${deliveries}}`);
    };
    const answers = await Promise.all(Array.from({ length: 8 }, hold));
    expect(answers).toEqual(Array.from({ length: 8 }, () => answer('{"delivery":1}')));
    expect([deliveries, world.settled.length]).toEqual([1, 1]);
  });

  it("belongs to the request that it was first sent with", async () => {
    const payment = await newPayment();
    const given = await lease(payment);
    for (const other of [request("b"), { ...request(), fingerprint: `sha256:${"f".repeat(64)}` }])
      expect(await present(payment, other)).toMatchObject({ kind: "refused", code: "payment_mismatch", settlement: { success: false } });
    await end(payment, given.lease);
    expect(await present(payment, request("b"))).toMatchObject({ kind: "refused", code: "payment_mismatch" });
    expect((await present(payment)).kind).toBe("answer");
  });
});

describe("what a payment costs", () => {
  it("is two calls of its object, and of the others one verification, one settlement and a handful of questions to the chain", async () => {
    const calls = vi.spyOn(env.SETTLEMENT, "get");
    const payment = await newPayment();
    const bindings = { ...environment(), bindings: env };
    const given = await presentPayment(bindings, payment, request());
    if (given.kind !== "deliver") throw new Error(given.kind);
    await endDelivery(bindings, payment, given.lease, { ok: true, answer: answer() });
    expect(calls).toHaveBeenCalledTimes(2);
    expect([world.verified.length, world.settled.length]).toEqual([1, 1]);
    expect(world.chain.asked.toSorted()).toEqual([
      ...["eth_call", "eth_call", "eth_getBlockByNumber", "eth_getBlockByNumber"],
      "eth_getTransactionReceipt",
    ]);
  });

  it("is no call of anybody but its object, where it was answered before", async () => {
    const payment = await newPayment();
    await end(payment, (await lease(payment)).lease);
    world.chain.asked.length = 0;
    await present(payment);
    expect([world.chain.asked, world.verified.length]).toEqual([[], 1]);
  });
});
