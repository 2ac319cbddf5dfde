import { encodeFunctionData, type Hex } from "viem";
import { expect } from "vitest";
import { z } from "zod";
import { receiver, usdc } from "../../../src/local/chain/network.ts";
import type { Payer } from "../../../src/local/chain/payer.ts";
import { tokenAbi } from "../../../src/local/chain/token.ts";
import { readHeader, type Answered, type Wanted } from "./pay.ts";
import type { PaidWorld } from "./world.ts";

export const Made = z.object({ id: z.string() });

/** A public agent's score costs this, in USDC's millionths. */
export const priceOfScore = 1000n;

/** The score of an agent that nobody else asks for. */
export async function newScore(world: PaidWorld, isPublic = true): Promise<Wanted> {
  const agent = { externalId: crypto.randomUUID(), name: "Sold", version: "1.0.0", isPublic };
  const { id } = await world.api.call("POST", "/v1/agents", Made, agent);
  return { path: `/v1/agents/${id}/score` };
}

/** A payer, and what left its wallet. The facilitator may be told to fail it alone. */
export type Customer = Payer & { readonly spent: () => Promise<bigint> };

export async function newCustomer({ chain }: PaidWorld, amount = 10n * priceOfScore): Promise<Customer> {
  const payer = await chain.newPayer(amount);
  return { ...payer, spent: async () => amount - (await chain.balanceOf(payer.address)) };
}

export const earned = ({ chain }: PaidWorld): Promise<bigint> => chain.balanceOf(receiver);

/** Delivered, and paid for by a transaction that is on the chain. */
export async function expectSold({ chain }: PaidWorld, answer: Answered): Promise<void> {
  expect(answer, answer.text).toMatchObject({ status: 200, settlement: { success: true } });
  const hash = z.templateLiteral(["0x", z.string()]).parse(answer.settlement?.transaction);
  expect((await chain.client.getTransactionReceipt({ hash })).status).toBe("success");
}

/** What puts a signed payment on the chain, whoever sends it. */
export function settlementOf(header: string): Hex {
  const { authorization, signature } = readHeader(header);
  const { from, to, value, validAfter, validBefore, nonce } = authorization;
  const args = [from, to, value, validAfter, validBefore, nonce, signature] as const;
  return encodeFunctionData({ abi: tokenAbi, functionName: "transferWithAuthorization", args });
}

/** Puts a signed payment on the chain, as anyone with gas could who saw it. */
export const relay = (world: PaidWorld, header: string): Promise<void> => submit(world, settlementOf(header));

/** Has the token called by somebody who is not involved. */
export async function submit({ chain }: PaidWorld, data: Hex): Promise<void> {
  const [account] = await chain.client.getAddresses();
  if (account === undefined) throw new Error("the chain has no accounts");
  const hash = await chain.client.sendTransaction({ account, to: usdc, data });
  expect((await chain.client.waitForTransactionReceipt({ hash })).status).toBe("success");
}
