import { decodePaymentRequiredHeader, encodePaymentSignatureHeader } from "@x402/core/http";
import type { PaymentPayload, PaymentRequired } from "@x402/core/types";
import { balanceOf, type Chain } from "../chain/chain.ts";
import { openTestChain } from "../chain/client.ts";
import { receiver } from "../chain/network.ts";
import { payingClient, type Payer } from "../chain/payer.ts";
import type { ChainDoor } from "./processes.ts";

/** What is asked for at a URL, as x402's own client reads it. */
export async function challengeOf(url: string): Promise<PaymentRequired> {
  const response = await fetch(url);
  await response.text();
  if (response.status !== 402) throw new Error(`${url} asks for no payment: ${response.status}`);
  return decodePaymentRequiredHeader(response.headers.get("payment-required") ?? "");
}

/** A payment that was signed and not sent yet: what it costs the payer is no part of any measurement. */
export type Signed = { readonly payload: PaymentPayload; readonly header: string };

export async function sign(payer: Payer, required: PaymentRequired): Promise<Signed> {
  const payload = await payingClient(payer).createPaymentPayload(required);
  return { payload, header: encodePaymentSignatureHeader(payload) };
}

/** Has the facilitator alone verify a payment and settle it, with nothing of ours in between. */
export async function settleDirectly({ facilitatorUrl }: ChainDoor, { payload }: Signed): Promise<void> {
  const body = JSON.stringify({ x402Version: 2, paymentPayload: payload, paymentRequirements: payload.accepted });
  for (const step of ["verify", "settle"]) {
    const response = await fetch(`${facilitatorUrl}/${step}`, { method: "POST", headers: { "content-type": "application/json" }, body });
    const said = await response.text();
    if (!/"(isValid|success)":true/.test(said)) throw new Error(`the facilitator did not ${step}: ${said}`);
  }
}

/** USDC's millionths that somebody has now. */
export const balanceAt = ({ rpcUrl }: ChainDoor, address: Payer["address"] = receiver): ReturnType<Chain["balanceOf"]> =>
  balanceOf(openTestChain(rpcUrl), address);
