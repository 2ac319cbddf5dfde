import { encodeFunctionData } from "viem";
import { describe, expect, it } from "vitest";
import { usdc } from "../../../src/local/chain/network.ts";
import { tokenAbi } from "../../../src/local/chain/token.ts";
import { forge, readHeader, seconds, Visitor } from "./pay.ts";
import { expectSold, newCustomer, newScore, priceOfScore, relay, submit } from "./shop.ts";
import type { PaidWorld } from "./world.ts";

const elsewhere = "0x2222222222222222222222222222222222222222";

type Forgery = NonNullable<Parameters<typeof forge>[2]>;
const forgeries: readonly [string, () => Forgery][] = [
  ["expired", () => ({ authorization: { validBefore: seconds() - 10n } })],
  ["not yet valid", () => ({ authorization: { validAfter: seconds() + 100n } })],
  ["never valid", () => ({ authorization: { validAfter: seconds() + 200n, validBefore: seconds() + 100n } })],
  ["for another network", () => ({ accepted: { network: "eip155:8453" }, domain: { chainId: 8453 } })],
  ["signed for another network", () => ({ domain: { chainId: 8453 } })],
  ["for another asset", () => ({ accepted: { asset: elsewhere }, domain: { verifyingContract: elsewhere } })],
  ["signed for another asset", () => ({ domain: { verifyingContract: elsewhere } })],
  ["for less", () => ({ accepted: { amount: "999" }, authorization: { value: 999n } })],
  ["signed for less", () => ({ authorization: { value: 999n } })],
  ["signed for more", () => ({ authorization: { value: 1001n } })],
  ["to another receiver", () => ({ accepted: { payTo: elsewhere }, authorization: { to: elsewhere } })],
  ["signed to another receiver", () => ({ authorization: { to: elsewhere } })],
  ["signed by somebody else", () => ({ authorization: { from: elsewhere } })],
];

export const refusals = (open: () => PaidWorld) =>
  describe("a payment that is of no use", () => {
    it.each(forgeries)("is refused when it is %s: 402 with what would be right, and nothing is taken", async (_name, forgery) => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const asked = world.facilitator.asked().settle;
      const header = await forge(customer, await visitor.challenge(score), forgery());
      const answer = await visitor.send(score, header);
      expect(answer, answer.text).toMatchObject({ status: 402, code: "payment_refused" });
      expect(answer.headers.get("payment-required")).not.toBeNull();
      expect(answer.settlement?.success).not.toBe(true);
      expect(await customer.spent()).toBe(0n);
      expect(world.facilitator.asked().settle).toBe(asked);
      await expectSold(world, await visitor.send(score, await forge(customer, await visitor.challenge(score))));
    });

    it("is refused from an empty wallet, and the same payment is good once there is money", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world, priceOfScore - 1n), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      expect(await visitor.send(score, header)).toMatchObject({ status: 402, code: "payment_refused" });
      expect(await customer.spent()).toBe(0n);
      await world.chain.mint(customer.address, priceOfScore);
      const answer = await visitor.send(score, await visitor.sign(customer, score));
      await expectSold(world, answer);
    });

    it.each([
      ["not base64", "§§§"],
      ["not JSON", Buffer.from("{").toString("base64")],
      ["no payment", Buffer.from("{}").toString("base64")],
      ["of version 1", Buffer.from('{"x402Version":1,"scheme":"exact","network":"base-sepolia","payload":{}}').toString("base64")],
      ["endless", "A".repeat(400_000)],
    ])("is the caller's mistake when it is %s: 400", async (_name, header) => {
      const [score, visitor] = [await newScore(open()), new Visitor(open())];
      const answer = await visitor.send(score, encodeURI(header));
      expect(answer, answer.text).toMatchObject({ status: 400, code: "invalid_request" });
    });

    it("is the caller's mistake when it is longer than any payment is, though it be good: 400, and nothing is taken", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      const long = Buffer.from(`${Buffer.from(header, "base64").toString()}${" ".repeat(12_288)}`).toString("base64");
      const answer = await visitor.send(score, long);
      expect(answer, answer.text).toMatchObject({ status: 400, code: "invalid_request" });
      expect(await customer.spent()).toBe(0n);
      await expectSold(world, await visitor.send(score, header));
    });

    it("buys nothing after its payer cancelled it on the chain", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      const { nonce } = readHeader(header).authorization;
      const signature = await customer.account.signTypedData({
        domain: { name: "USDC", version: "2", chainId: 84_532, verifyingContract: usdc },
        types: {
          CancelAuthorization: [
            { name: "authorizer", type: "address" },
            { name: "nonce", type: "bytes32" },
          ],
        },
        primaryType: "CancelAuthorization",
        message: { authorizer: customer.address, nonce },
      });
      await submit(
        world,
        encodeFunctionData({ abi: tokenAbi, functionName: "cancelAuthorization", args: [customer.address, nonce, signature] }),
      );
      expect(await visitor.send(score, header)).toMatchObject({ status: 402, code: "payment_refused" });
      expect(await customer.spent()).toBe(0n);
    });

    it("buys nothing when it was used before it came: it may have bought something elsewhere", async () => {
      const world = open();
      const [score, customer, visitor] = [await newScore(world), await newCustomer(world), new Visitor(world)];
      const header = await visitor.sign(customer, score);
      await relay(world, header);
      expect(await visitor.send(score, header)).toMatchObject({ status: 402, code: "payment_refused" });
      expect(await customer.spent()).toBe(priceOfScore);
    });
  });
