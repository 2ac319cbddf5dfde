import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { forge, seconds, Visitor } from "./pay.ts";
import { expectSold, newCustomer, newScore, priceOfScore } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

/** Nothing else may run beside these: a chain that stands still, or loses its newest block, does so for everyone. */
export const chainFaults = (open: () => PaidWorld) =>
  describe("a chain that", () => {
    it("drops the transaction before we looked gives nothing for what is gone, and takes the payment anew", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "answers late", ms: 5000 }, customer.address);
      const header = await visitor.sign(customer, score);
      const asked = visitor.send(score, header);
      await expect.poll(() => customer.spent(), { interval: 20 }).toBe(priceOfScore);
      await world.chain.reorg(1);
      world.facilitator.behave({ kind: "honest" }, customer.address);
      const answer = await asked;
      if (answer.status !== 200) expect(answer, answer.text).toMatchObject({ status: 503, code: "payment_pending" });
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("drops the transaction after we delivered is asked again while the payment is good, and the payer keeps the answer", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      // A minute before its end the chain is looked at once more.
      const header = await forge(customer, await visitor.challenge(score), { authorization: { validBefore: seconds() + 75n } });
      const first = await visitor.send(score, header);
      await expectSold(world, first);
      await world.chain.reorg(1);
      expect(await customer.spent()).toBe(0n);
      expect(await visitor.send(score, header)).toMatchObject({ status: 200, text: first.text });
      await expect.poll(() => customer.spent(), { interval: 500, timeout: 40_000 }).toBe(priceOfScore);
      expect(await visitor.send(score, header)).toMatchObject({ status: 200, text: first.text });
    });

    it("makes no block in time leaves the payment pending, and is waited for", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      await world.chain.setAutomine(false);
      const asked = visitor.send(score, header);
      try {
        // By now the facilitator has answered that it has seen no receipt.
        await sleep(2500);
        expect(await customer.spent()).toBe(0n);
        await world.chain.mine();
      } finally {
        await world.chain.setAutomine(true);
      }
      const answer = await asked;
      if (answer.status === 503) expect(answer.code).toBe("payment_pending");
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });
  });
