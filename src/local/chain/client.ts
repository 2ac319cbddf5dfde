import { createTestClient, defineChain, http, publicActions, walletActions } from "viem";
import { chainId } from "./network.ts";

/** The one who may do anything on a chain that is ours alone: reads, writes, and moves its blocks. */
export const openTestChain = (rpcUrl: string) =>
  createTestClient({
    mode: "anvil",
    chain: localChain(rpcUrl),
    transport: http(rpcUrl, { timeout: 10_000 }),
    pollingInterval: 25,
    cacheTime: 0,
  })
    .extend(publicActions)
    .extend(walletActions);

export type TestChainClient = ReturnType<typeof openTestChain>;

export const localChain = (rpcUrl: string) =>
  defineChain({
    id: chainId,
    name: "local test chain",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
