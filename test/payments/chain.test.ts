import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lookUp } from "../../src/payments/chain.ts";
import { endWorld, environment, newPayment, standIn, type World } from "./world.ts";

let world: World;
beforeEach(() => (world = standIn()));
afterEach(endWorld);

const networkOf = () => {
  const [network] = environment().payments?.networks ?? [];
  if (network === undefined) throw new Error("no network");
  return network;
};

describe("looking a payment up on the chain", () => {
  it("finds it without being told its transaction, thousands of blocks later, in pages that nodes answer", async () => {
    const payment = await newPayment();
    world.chain.mine(2_500);
    const transaction = world.chain.transfer(payment);
    world.chain.mine(700);
    const facts = await lookUp(networkOf(), payment, { sinceBlock: 990 });
    expect(facts).toMatchObject({ state: "paid", transaction, confirmations: 701 });
    expect(world.chain.asked.filter((method) => method === "eth_getLogs")).toHaveLength(4);
  });

  it("knows nothing where a payment lies further back than it looks, rather than that there is none", async () => {
    const payment = await newPayment();
    world.chain.mine(50_000);
    world.chain.transfer(payment);
    expect(await lookUp(networkOf(), payment, { sinceBlock: 0 })).toMatchObject({ state: "unknown" });
    world.chain.mode = "error";
    expect(await lookUp(networkOf(), payment, { sinceBlock: 0 })).toMatchObject({ state: "unknown" });
  });

  it("takes an authorization for over by the time of a block that is confirmed, and by no newer one", async () => {
    const payment = await newPayment();
    const network = { ...networkOf(), confirmations: 6 };
    // Blocks are two seconds apart: the sixth from the top is ten seconds older than the newest.
    world.chain.ahead = 305;
    expect(await lookUp(network, payment, { sinceBlock: 0 })).toMatchObject({ state: "unused", expired: false });
    world.chain.ahead = 315;
    expect(await lookUp(network, payment, { sinceBlock: 0 })).toMatchObject({ state: "unused", expired: true });
  });
});
