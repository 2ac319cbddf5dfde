import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { forge, Visitor } from "./pay.ts";
import { expectSold, newCustomer, newScore, priceOfScore, relay } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

/** A payment that its payer names. */
const named = (id: string) => ({ extensions: { "payment-identifier": { info: { required: false, id } } } });

export const retries = (open: () => PaidWorld) =>
  describe("one payment, sent more than once", () => {
    it("is taken once when it comes eight times at once, and all eight get the same bytes", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      const before = world.facilitator.asked().settle;
      const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.send(score, header)));
      for (const answer of answers) await expectSold(world, answer);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(new Set(answers.map(({ paymentId }) => paymentId)).size).toBe(1);
      expect(new Set(answers.map(({ headers }) => headers.get("payment-response"))).size).toBe(1);
      expect(world.facilitator.asked().settle - before).toBe(1);
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("gets its answer again, byte for byte, as often as it is resent", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      const first = await visitor.send(score, header);
      await expectSold(world, first);
      for (const again of [await visitor.send(score, header), await new Visitor(world).send(score, header)])
        expect(again).toMatchObject({ status: 200, text: first.text, settlement: first.settlement, paymentId: first.paymentId });
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("is the only one that its payer's identifier is good for: signed anew with the same one, it is refused", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const required = await visitor.challenge(score);
      const id = `order-${crypto.randomUUID()}`;
      const header = await forge(customer, required, named(id));
      const first = await visitor.send(score, header);
      await expectSold(world, first);
      expect(await visitor.send(score, await forge(customer, required, named(id)))).toMatchObject({
        status: 409,
        code: "payment_identifier_conflict",
      });
      expect(await visitor.send(score, header)).toMatchObject({ status: 200, text: first.text });
      expect(await customer.spent()).toBe(priceOfScore);
      // Somebody else's identifiers are their own.
      await expectSold(world, await visitor.send(score, await forge(await newCustomer(world), required, named(id))));
    });

    it("buys nothing else: signed for one agent's score, it is refused for another's, before and after it was used", async () => {
      const world = open();
      const [one, other] = [await newScore(world), await newScore(world)];
      const [customer, visitor] = [await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, one);
      expect(await visitor.send(other, header)).toMatchObject({ status: 409, code: "payment_mismatch" });
      expect(await customer.spent()).toBe(0n);
      await expectSold(world, await visitor.send(one, header));
      expect(await visitor.send(other, header)).toMatchObject({ status: 409, code: "payment_mismatch" });
      expect(await visitor.send({ path: `${one.path}?x=1` }, header)).toMatchObject({ status: expect.toBeOneOf([400, 409]) });
      expect(await customer.spent()).toBe(priceOfScore);
    });
  });

/** Those that wait. */
export const patience = (open: () => PaidWorld) =>
  describe.concurrent("one payment whose settlement takes long", () => {
    it("is delivered to whoever hung up before the answer came, and resends it", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "answers late", ms: 700 }, customer.address);
      const header = await visitor.sign(customer, score);
      await expect(visitor.send(score, header, AbortSignal.timeout(300))).rejects.toThrow("aborted");
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("is not given up when settling takes longer than we wait: 503, and then the answer to the same header", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "settles late", ms: 27_000 }, customer.address);
      const header = await visitor.sign(customer, score);
      const waited = await visitor.send(score, header);
      expect(waited, waited.text).toMatchObject({ status: 503, code: "payment_pending" });
      expect(Number(waited.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(waited.headers.get("payment-required")).toBeNull();
      await expectSold(world, await visitor.sendUntilKnown(score, header));
      expect(await customer.spent()).toBe(priceOfScore);
    });

    it("is good when somebody else puts it on the chain while it is settled", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      world.facilitator.behave({ kind: "settles late", ms: 5000 }, customer.address);
      const header = await visitor.sign(customer, score);
      const asked = visitor.send(score, header);
      await sleep(600);
      await relay(world, header);
      expect(await customer.spent()).toBe(priceOfScore);
      const answer = await asked;
      await expectSold(world, answer.status === 503 ? await visitor.sendUntilKnown(score, header) : answer);
      expect(await customer.spent()).toBe(priceOfScore);
    });
  });
