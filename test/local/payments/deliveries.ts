import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { offerPanel } from "../../../src/local/admin/offer-panel.ts";
import { startJudges, type Judges } from "./judges.ts";
import { Visitor, type Wanted } from "./pay.ts";
import { expectSold, Made, newCustomer } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

const [priceOfJury, priceOfCheck] = [10_000n, 2000n];
const Standing = z.object({ state: z.string(), next: z.string(), transaction: z.string().nullable(), receipt: z.unknown() });

/** What costs something to deliver, or can fail when it was paid for. */
export const deliveries = (open: () => PaidWorld) =>
  describe("what is delivered after the payment", () => {
    let judges: Judges;
    let jury: Wanted;

    beforeAll(async () => {
      const world = open();
      judges = await startJudges();
      const { id } = await world.api.call("POST", "/v1/judge-panels", Made, judges.panel);
      await offerPanel(world.run, id);
      const body = JSON.stringify({ question: "What is 6 × 7?", answer: "42", rubric: "It says 42." });
      jury = { method: "POST", path: `/v1/judge-panels/${id}/ask`, body };
    });
    afterAll(() => judges.close());

    const standing = async (visitor: Visitor, id: string | null) =>
      Standing.parse(JSON.parse((await visitor.call({ path: `/v1/payments/${id}` })).text));

    it("happens once, for eight who bring the same payment at once", async () => {
      const world = open();
      const [customer, visitor] = [await newCustomer(world, 10n * priceOfJury), new Visitor(world)];
      const header = await visitor.sign(customer, jury);
      const before = judges.asked();
      const answers = await Promise.all(Array.from({ length: 8 }, () => visitor.send(jury, header)));
      for (const answer of answers) await expectSold(world, answer);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(judges.asked() - before).toBe(3);
      expect(await customer.spent()).toBe(priceOfJury);
    });

    it("is owed when it fails: the payer is told so, has a receipt of it, and redeems it with the same payment", async () => {
      const world = open();
      const [customer, visitor] = [await newCustomer(world, 10n * priceOfJury), new Visitor(world)];
      const header = await visitor.sign(customer, jury);
      judges.beUp(false);
      const failed = await visitor.send(jury, header);
      expect(failed, failed.text).toMatchObject({ status: 503, settlement: { success: true } });
      expect(failed.headers.get("payment-required")).toBeNull();
      expect(await customer.spent()).toBe(priceOfJury);
      expect(await standing(visitor, failed.paymentId)).toMatchObject({ state: "credited", next: "resend_same" });
      await expect.poll(() => standing(visitor, failed.paymentId)).toMatchObject({ receipt: { outcome: "credited" } });

      judges.beUp(true);
      const redeemed = await visitor.send(jury, header);
      await expectSold(world, redeemed);
      expect(redeemed.paymentId).toBe(failed.paymentId);
      expect(await visitor.send(jury, header)).toMatchObject({ status: 200, text: redeemed.text });
      expect(await standing(visitor, failed.paymentId)).toMatchObject({ state: "delivered" });
      expect(await customer.spent()).toBe(priceOfJury);
    });

    it("is what was signed for: with another body, the payment is refused before and after", async () => {
      const world = open();
      const [customer, visitor] = [await newCustomer(world, 10n * priceOfCheck), new Visitor(world)];
      const check = await newCheck(world);
      const dearer = { ...check, body: JSON.stringify({ output: "EXPENSIVE" }) };
      const header = await visitor.sign(customer, check);
      const first = await visitor.send(check, header);
      await expectSold(world, first);
      expect(await visitor.send(dearer, header)).toMatchObject({ status: 409, code: "payment_mismatch" });
      expect(await visitor.send(check, header)).toMatchObject({ status: 200, text: first.text });
      expect(await customer.spent()).toBe(priceOfCheck);
    });

    it("is shown to the payer by the payment's identifier, and nobody can make one up", async () => {
      const world = open();
      const [customer, visitor] = [await newCustomer(world, 10n * priceOfCheck), new Visitor(world)];
      const check = await newCheck(world);
      const answer = await visitor.send(check, await visitor.sign(customer, check));
      expect(await standing(visitor, answer.paymentId)).toMatchObject({ state: "delivered", transaction: answer.settlement?.transaction });
      const forged = answer.paymentId?.replace(/.$/, (last) => (last === "a" ? "b" : "a"));
      expect(await visitor.call({ path: `/v1/payments/${forged}` })).toMatchObject({ status: 404 });
    });
  });

/** An observation to be checked against an active pact of a public agent. */
async function newCheck({ api }: PaidWorld): Promise<Wanted> {
  const agent = await api.call("POST", "/v1/agents", Made, {
    externalId: crypto.randomUUID(),
    name: "Sold",
    version: "1.0.0",
    isPublic: true,
  });
  const condition = { id: "says", type: "output", operator: "contains", value: "cheap", severity: "major", description: "Says cheap." };
  const pact = await api.call("POST", "/v1/pacts", Made, { agentId: agent.id, name: "Sold", conditions: [condition] });
  await api.call("POST", `/v1/pacts/${pact.id}/activate`, z.looseObject({}));
  return { method: "POST", path: `/v1/pacts/${pact.id}/verify`, body: JSON.stringify({ output: "cheap" }) };
}
