import { parseEther, type Address, type Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { startAnvil } from "./anvil.ts";
import { openTestChain, type TestChainClient } from "./client.ts";
import { chainId, usdc } from "./network.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { newPayer, type Payer } from "./payer.ts";
import { placeToken, tokenAbi } from "./token.ts";

/** A chain of our own: its blocks, its clock and its money are ours. Amounts are USDC's millionths. */
export type Chain = {
  readonly rpcUrl: string;
  readonly client: TestChainClient;
  readonly mint: (to: Address, amount: bigint) => Promise<void>;
  /** A new wallet with so much USDC, and nothing for gas: a facilitator pays that. */
  readonly newPayer: (amount: bigint) => Promise<Payer>;
  readonly balanceOf: (address: Address) => Promise<bigint>;
  readonly mine: (blocks?: number) => Promise<void>;
  /** Off: what is sent waits until `mine`. */
  readonly setAutomine: (on: boolean) => Promise<void>;
  readonly snapshot: () => Promise<Hex>;
  /** Goes back; a snapshot can be used once. */
  readonly revert: (snapshot: Hex) => Promise<void>;
  /**
   * Replaces the newest blocks by empty ones, and forgets their transactions for good. The senders' counters stay where they were,
   * as if they had sent something else instead: otherwise nothing that they send afterwards could be mined.
   */
  readonly reorg: (blocks: number) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts a chain with Circle's token on it, in about a fifth of a second. Port 0 is any free one. */
export async function startChain(options: { readonly port: number } = { port: 0 }): Promise<Chain> {
  const anvil = await startAnvil({ port: options.port, chainId });
  try {
    const client = openTestChain(anvil.rpcUrl);
    const [owner] = await client.getAddresses();
    if (owner === undefined) throw new Error("the chain has no accounts");
    await placeToken(client, owner);
    const mintNext = async (to: Address, amount: bigint): Promise<void> => {
      const hash = await client.writeContract({ address: usdc, abi: tokenAbi, functionName: "mint", args: [to, amount], account: owner });
      await client.waitForTransactionReceipt({ hash });
    };
    // One after the other: the chain numbers an account's transactions, and two that come at once would get the same number.
    const inTurn = oneAtATime();
    const mint = (to: Address, amount: bigint): Promise<void> => inTurn(() => mintNext(to, amount));
    return {
      rpcUrl: anvil.rpcUrl,
      client,
      mint,
      newPayer: async (amount) => {
        const payer = newPayer();
        if (amount > 0n) await mint(payer.address, amount);
        return payer;
      },
      balanceOf: (address) => balanceOf(client, address),
      mine: (blocks = 1) => client.mine({ blocks }),
      setAutomine: (on) => client.setAutomine(on),
      snapshot: () => client.snapshot(),
      revert: (id) => client.revert({ id }),
      reorg: (blocks) => reorg(client, blocks),
      close: anvil.close,
    };
  } catch (error) {
    await anvil.close();
    throw error;
  }
}

export const balanceOf = (client: Pick<TestChainClient, "readContract">, address: Address): Promise<bigint> =>
  client.readContract({ address: usdc, abi: tokenAbi, functionName: "balanceOf", args: [address] });

/** A new account that can pay for gas, and nothing else. */
export async function newGasAccount(client: TestChainClient): Promise<Hex> {
  const privateKey = generatePrivateKey();
  await client.setBalance({ address: privateKeyToAccount(privateKey).address, value: parseEther("1000") });
  return privateKey;
}

async function reorg(client: TestChainClient, blocks: number): Promise<void> {
  const newest = await client.getBlockNumber();
  const counters = new Map<Address, number>();
  for (let back = 0n; back < BigInt(blocks); back += 1n) {
    const { transactions } = await client.getBlock({ blockNumber: newest - back, includeTransactions: true });
    for (const { from } of transactions) counters.set(from, await client.getTransactionCount({ address: from }));
  }
  await client.request<{ Method: "anvil_reorg"; Parameters: [number, []]; ReturnType: null }>({
    method: "anvil_reorg",
    params: [blocks, []],
  });
  for (const [address, nonce] of counters) await client.setNonce({ address, nonce });
}
