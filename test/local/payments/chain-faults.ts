import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Visitor } from "./pay.ts";
import { expectSold, newCustomer, newScore, priceOfScore } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

/** One after the other: a chain that stands still does so for everyone. */
export const chainFaults = (open: () => PaidWorld) =>
  describe("a chain that", () => {
    it("makes no block in time leaves the payment pending, and is waited for", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      await world.chain.setAutomine(false);
      try {
        // Whatever it is answered with, it must not be taken for unpaid.
        const first = visitor.send(score, header);
        await sleep(2500);
        expect(await customer.spent()).toBe(0n);
        await world.chain.mine();
        const answer = await first;
        if (answer.status === 503) expect(answer.code).toBe("payment_pending");
        else await expectSold(world, answer);
      } finally {
        await world.chain.setAutomine(true);
      }
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("drops the transaction before we looked gives nothing for a payment that is gone, and takes it anew", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "answers late", ms: 1000 }, customer.address);
      const header = await visitor.sign(customer, score);
      const first = visitor.send(score, header);
      await expect.poll(() => customer.spent(), { interval: 20, timeout: 5000 }).toBe(priceOfScore);
      await world.chain.reorg(1);
      expect(await customer.spent()).toBe(0n);
      world.facilitator.behave({ kind: "honest" }, customer.address);
      const answer = await first;
      if (answer.status !== 200) expect(answer, answer.text).toMatchObject({ status: 503, code: "payment_pending" });
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });
  });
