import { describe, expect, it } from "vitest";
import { Visitor } from "./pay.ts";
import { expectSold, newCustomer, newScore, priceOfScore } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

export const restarts = (open: () => PaidWorld) =>
  describe("a Worker that dies", () => {
    it("between settling and answering delivers to the same payment when it is back, for one price", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "answers late", ms: 10_000 }, customer.address);
      const header = await visitor.sign(customer, score);
      const lost = visitor.send(score, header).then(
        () => "answered",
        () => "lost",
      );
      await expect.poll(() => customer.spent(), { interval: 20 }).toBe(priceOfScore);
      await world.restart();
      expect(await lost).toBe("lost");
      world.facilitator.behave({ kind: "honest" }, customer.address);
      const answer = await visitor.sendUntilKnown(score, header);
      await expectSold(world, answer);
      await world.restart();
      expect(await visitor.send(score, header)).toMatchObject({ status: 200, text: answer.text, settlement: answer.settlement });
      expect(await customer.spent()).toBe(priceOfScore);
    });
  });
