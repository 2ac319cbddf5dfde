import { describe, expect, it } from "vitest";
import type { Behaviour } from "../../../src/local/chain/misbehaviour.ts";
import { Visitor } from "./pay.ts";
import { expectSold, newCustomer, newScore, priceOfScore } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

const nobodys = `0x${"ab".repeat(32)}` as const;

/** What it does, and whether the payment was taken by then: what was taken is delivered, what was not is not. */
const settled: readonly [string, Behaviour][] = [
  ["hangs up after settling", { kind: "vanishes" }],
  ["says that it failed, having settled", { kind: "denies success" }],
  ["settles twice", { kind: "settles twice" }],
  ["answers twice in one body", { kind: "answers twice" }],
];
const unsettled: readonly [string, Behaviour][] = [
  ["says that it settled, and did not", { kind: "invents success", transaction: nobodys }],
  ["is down", { kind: "down" }],
  ["answers 500", { kind: "answers 500" }],
  ["answers nonsense", { kind: "answers nonsense" }],
];

export const facilitatorFaults = (open: () => PaidWorld) =>
  describe.concurrent("a facilitator that", () => {
    it("names another payer's transaction as this one's gives nothing for it", async () => {
      const world = open();
      const [score, honest, thief, visitor] = [
        await newScore(world),
        await newCustomer(world),
        await newCustomer(world),
        new Visitor(world),
      ];
      const paid = await visitor.send(score, await visitor.sign(honest, score));
      await expectSold(world, paid);
      const [, transaction = nobodys] = /^(0x[0-9a-f]{64})$/.exec(paid.settlement?.transaction ?? "") ?? [];
      world.facilitator.behave({ kind: "invents success", transaction: `0x${transaction.slice(2)}` }, thief.address);
      const answer = await visitor.send(score, await visitor.sign(thief, score));
      expect(answer, answer.text).toMatchObject({ status: 503 });
      expect(await thief.spent()).toBe(0n);
    });

    it.each(unsettled)(
      "%s costs nothing and gives nothing, and the same payment is good when it is well again",
      async (_name, behaviour) => {
        const world = open();
        const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
        world.facilitator.behave(behaviour, customer.address);
        const header = await visitor.sign(customer, score);
        const failed = await visitor.send(score, header);
        expect(failed, failed.text).toMatchObject({ status: 503 });
        expect(["payment_pending", "unavailable"]).toContain(failed.code);
        expect(failed.headers.get("payment-required")).toBeNull();
        expect(failed.settlement?.success).not.toBe(true);
        expect(await customer.spent()).toBe(0n);
        world.facilitator.behave({ kind: "honest" }, customer.address);
        await expectSold(world, await visitor.sendUntilKnown(score, header));
        expect(await customer.spent()).toBe(priceOfScore);
      },
    );

    it.each(settled)("%s costs one price, and the payer gets the answer", async (_name, behaviour) => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave(behaviour, customer.address);
      const header = await visitor.sign(customer, score);
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      world.facilitator.behave({ kind: "honest" }, customer.address);
      await expectSold(world, await visitor.send(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("refuses a good payment takes nothing, and the payer is told to pay in another way", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "refuses" }, customer.address);
      const refused = await visitor.send(score, await visitor.sign(customer, score));
      expect(refused, refused.text).toMatchObject({ status: 402, code: "payment_refused" });
      expect(await customer.spent()).toBe(0n);
    });
  });
