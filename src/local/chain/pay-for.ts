import { setTimeout as sleep } from "node:timers/promises";
import { decodePaymentResponseHeader } from "@x402/fetch";
import { balanceOf } from "./chain.ts";
import { openTestChain } from "./client.ts";
import { newPayer, payingFetch } from "./payer.ts";
import type { Wallet } from "./wallet.ts";

/** What a paid call got, and what it cost. Amounts are USDC's millionths. */
export type Paid = {
  readonly status: number;
  readonly body: string;
  /** PAYMENT-RESPONSE, decoded; undefined where nothing was settled. */
  readonly settlement: ReturnType<typeof decodePaymentResponseHeader> | undefined;
  readonly paymentId: string | null;
  readonly spent: bigint;
  readonly left: bigint;
};

const patienceMs = 120_000;

/** Calls with x402's own client, paying from the wallet where it is asked to. */
export async function payFor(wallet: Wallet, url: string, init: RequestInit): Promise<Paid> {
  const payer = newPayer(wallet.privateKey);
  const chain = openTestChain(wallet.rpcUrl);
  const before = await balanceOf(chain, payer.address);
  const response = await payingFetch(payer, resendingFetch)(url, init);
  const body = await response.text();
  const left = await balanceOf(chain, payer.address);
  const told = response.headers.get("payment-response");
  return {
    status: response.status,
    body,
    settlement: told === null ? undefined : decodePaymentResponseHeader(told),
    paymentId: response.headers.get("x-payment-id"),
    spent: before - left,
    left,
  };
}

/**
 * fetch for whoever pays: while nobody knows whether a payment was taken, the same header is sent again, never a new one. x402's
 * client would hand the 503 on, and whoever calls it again then would sign, and pay, a second time.
 */
const resendingFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const givesUpAt = performance.now() + patienceMs;
  for (;;) {
    const response = await fetch(request.clone());
    const isPending = response.status === 503 && request.headers.has("payment-signature");
    if (!isPending || performance.now() > givesUpAt) return response;
    await response.body?.cancel();
    await sleep(1000 * Math.min(10, Number(response.headers.get("retry-after") ?? 1)));
  }
};
