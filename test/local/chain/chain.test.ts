import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { encodePaymentSignatureHeader } from "@x402/core/http";
import { domainSeparator } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startChain, type Chain } from "../../../src/local/chain/chain.ts";
import { chainId, usdc } from "../../../src/local/chain/network.ts";
import { startFacilitator, type Facilitator } from "../../../src/local/chain/facilitator.ts";
import type { Behaviour } from "../../../src/local/chain/misbehaviour.ts";
import { payingClient, type Payer } from "../../../src/local/chain/payer.ts";
import { tokenAbi } from "../../../src/local/chain/token.ts";
import { PlainFailure } from "../../../src/local/plain-failure.ts";
import { settlementOf } from "../payments/shop.ts";

const seller = "0x1111111111111111111111111111111111111111";
const price = 1000n;
let chain: Chain;
let facilitator: Facilitator;

beforeAll(async () => {
  chain = await startChain();
  facilitator = await startFacilitator(chain);
});
afterAll(async () => {
  await facilitator.close();
  await chain.close();
});

const requirements = {
  scheme: "exact",
  network: `eip155:${chainId}`,
  amount: String(price),
  asset: usdc,
  payTo: seller,
  maxTimeoutSeconds: 300,
  extra: { name: "USDC", version: "2" },
} as const;

/** What x402's own client signs. */
const sign = (payer: Payer) =>
  payingClient(payer).createPaymentPayload({ x402Version: 2, resource: { url: "https://seller.test/" }, accepts: [requirements] });

async function ask(route: "verify" | "settle", paymentPayload: unknown, of = facilitator): Promise<Record<string, unknown>> {
  const body = JSON.stringify({ x402Version: 2, paymentPayload, paymentRequirements: requirements });
  const response = await fetch(`${of.url}/${route}`, { method: "POST", body });
  return response.json();
}

/** What the seller got while something was done. */
async function earned(act: () => Promise<unknown>): Promise<bigint> {
  const before = await chain.balanceOf(seller);
  await act();
  return (await chain.balanceOf(seller)) - before;
}

describe("the local chain", () => {
  it("has Circle's token at its true address, which knows the domain that payers sign", async () => {
    const read = (functionName: "DOMAIN_SEPARATOR") => chain.client.readContract({ address: usdc, abi: tokenAbi, functionName });
    const domain = { name: "USDC", version: "2", chainId, verifyingContract: usdc } as const;
    expect(await read("DOMAIN_SEPARATOR")).toBe(domainSeparator({ domain }));
    expect(await chain.client.getChainId()).toBe(84_532);
    const payer = await chain.newPayer(7n);
    expect(await chain.balanceOf(payer.address)).toBe(7n);
    expect(await chain.client.getBalance({ address: payer.address })).toBe(0n);
  });

  it("says in one sentence that its port is in use", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    await expect(startChain({ port })).rejects.toThrow(PlainFailure);
    taken.close();
  });

  it("ends when the process that started it is killed", async () => {
    const script = fileURLToPath(new URL("../support/start-chain.ts", import.meta.url).href);
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = await once(child.stdout, "data");
    const rpcUrl = String(said).trim();
    const answers = (): Promise<boolean> =>
      fetch(rpcUrl, { method: "POST", body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}' }).then(
        () => true,
        () => false,
      );
    expect(await answers()).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(answers).toBe(false);
  });

  it("goes back to a snapshot", async () => {
    const snapshot = await chain.snapshot();
    const { address } = await chain.newPayer(5n);
    await chain.revert(snapshot);
    expect(await chain.balanceOf(address)).toBe(0n);
  });
});

describe("the facilitator", () => {
  it("settles what x402's client signed, once", async () => {
    const signed = await sign(await chain.newPayer(price * 2n));
    expect(await ask("verify", signed)).toMatchObject({ isValid: true });
    expect(await earned(() => ask("settle", signed))).toBe(price);
    expect(await ask("settle", signed)).toMatchObject({ success: false });
    expect(await ask("verify", signed)).toMatchObject({ isValid: false, invalidReason: "invalid_exact_evm_nonce_already_used" });
  });

  it("settles thirty payments that come at once", async () => {
    const signed = await Promise.all(Array.from({ length: 30 }, async () => sign(await chain.newPayer(price))));
    const settled = await earned(async () => {
      for (const answer of await Promise.all(signed.map((one) => ask("settle", one)))) expect(answer).toMatchObject({ success: true });
    });
    expect(settled).toBe(30n * price);
  });

  it("keeps settling after it lost payments to somebody who put them on the chain in the same moment", async () => {
    const signed = await Promise.all(Array.from({ length: 30 }, async () => sign(await chain.newPayer(price))));
    const [account] = await chain.client.getAddresses();
    if (account === undefined) throw new Error("the chain has no accounts");
    const relayAll = async (): Promise<void> => {
      for (const one of signed.toReversed())
        await chain.client.sendTransaction({ account, gas: 200_000n, to: usdc, data: settlementOf(encodePaymentSignatureHeader(one)) });
    };
    const settled = await earned(async () => {
      const [, ...answers] = await Promise.all([relayAll(), ...signed.map((one) => ask("settle", one))]);
      for (const answer of answers) expect(answer).not.toMatchObject({ errorReason: "settlement_pending" });
    });
    expect(settled).toBe(30n * price);
    expect(await ask("settle", await sign(await chain.newPayer(price)))).toMatchObject({ success: true });
  });

  it("answers settlement_pending while no block comes, and is asked for the same payment again", async () => {
    const hasty = await startFacilitator(chain, { port: 0, receiptWithinMs: 400 });
    const signed = await sign(await chain.newPayer(price));
    await chain.setAutomine(false);
    const pending = await ask("settle", signed, hasty);
    expect(pending).toMatchObject({ success: false, errorReason: "settlement_pending", transaction: expect.stringMatching(/^0x/) });
    await chain.mine();
    await chain.setAutomine(true);
    expect(await ask("settle", signed, hasty)).toMatchObject({ success: true, transaction: pending["transaction"] });
    await hasty.close();
  });

  it("loses a settlement to a reorganization, and settles the same authorization anew", async () => {
    const signed = await sign(await chain.newPayer(price));
    const before = await chain.balanceOf(seller);
    const { transaction } = await ask("settle", signed);
    await chain.reorg(1);
    expect(await chain.balanceOf(seller)).toBe(before);
    await expect(chain.client.getTransactionReceipt({ hash: `0x${String(transaction).slice(2)}` })).rejects.toThrow("could not be found");
    expect(await ask("settle", signed)).toMatchObject({ success: true });
    expect(await chain.balanceOf(seller)).toBe(before + price);
  });

  const nobodys = `0x${"ab".repeat(32)}` as const;
  it.each<[Behaviour, bigint, Record<string, unknown> | "no answer" | "no JSON"]>([
    [{ kind: "down" }, 0n, "no answer"],
    [{ kind: "vanishes" }, price, "no answer"],
    [{ kind: "answers late", ms: 50 }, price, { success: true }],
    [{ kind: "settles late", ms: 50 }, price, { success: true }],
    [{ kind: "invents success", transaction: nobodys }, 0n, { success: true, transaction: nobodys }],
    [{ kind: "denies success" }, price, { success: false }],
    [{ kind: "refuses" }, 0n, { success: false }],
    [{ kind: "settles twice" }, price, { success: false }],
    [{ kind: "answers twice" }, price, "no JSON"],
    [{ kind: "answers nonsense" }, 0n, "no JSON"],
    [{ kind: "answers 500" }, 0n, { error: "internal" }],
  ])("does what it is told: %o takes %i", async (behaviour, taken, answer) => {
    const payer = await chain.newPayer(price);
    const signed = await sign(payer);
    facilitator.behave(behaviour, payer.address);
    const asked = ask("settle", signed);
    asked.catch(() => undefined);
    expect(await earned(() => asked.catch(() => undefined))).toBe(taken);
    if (answer === "no answer") await expect(asked).rejects.toThrow("fetch failed");
    else if (answer === "no JSON") await expect(asked).rejects.toThrow(SyntaxError);
    else expect(await asked).toMatchObject(answer);
    expect(await ask("settle", await sign(await chain.newPayer(price)))).toMatchObject({ success: true });
  });
});
