import { ExactEvmScheme } from "@x402/evm/exact/client";
import { wrapFetchWithPayment, x402Client } from "@x402/fetch";
import type { Address, Hex } from "viem";
import { generatePrivateKey, privateKeyToAccount, type PrivateKeyAccount } from "viem/accounts";
import { chainId } from "./network.ts";

/** A wallet of the test chain. Its key is worth nothing anywhere else. */
export type Payer = { readonly address: Address; readonly privateKey: Hex; readonly account: PrivateKeyAccount };

export function newPayer(privateKey: Hex = generatePrivateKey()): Payer {
  const account = privateKeyToAccount(privateKey);
  return { address: account.address, privateKey, account };
}

/** x402's own client, paying from this wallet on this chain alone. */
export const payingClient = ({ account }: Payer): x402Client => new x402Client().register(`eip155:${chainId}`, new ExactEvmScheme(account));

/** fetch that answers a 402 by paying. */
export const payingFetch = (payer: Payer, through: typeof fetch = fetch): ReturnType<typeof wrapFetchWithPayment> =>
  wrapFetchWithPayment(through, payingClient(payer));
