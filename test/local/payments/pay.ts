import { decodePaymentRequiredHeader, decodePaymentResponseHeader, encodePaymentSignatureHeader } from "@x402/core/http";
import type { PaymentRequired } from "@x402/core/types";
import { getAddress, isHex, toHex, type Address, type Hex } from "viem";
import { expect } from "vitest";
import { z } from "zod";
import { chainId, usdc } from "../../../src/local/chain/network.ts";
import { payingClient, type Payer } from "../../../src/local/chain/payer.ts";
import type { PaidWorld } from "./world.ts";

export type Wanted = { readonly method?: string; readonly path: string; readonly body?: string };

export type Answered = {
  readonly status: number;
  readonly text: string;
  readonly code: string | undefined;
  readonly headers: Headers;
  /** PAYMENT-RESPONSE. */
  readonly settlement: ReturnType<typeof decodePaymentResponseHeader> | undefined;
  readonly paymentId: string | null;
};

const Problem = z.object({ code: z.string() });

/** One visitor: an address of its own, so that nobody's visits count against another's. */
export class Visitor {
  readonly #url: string;
  readonly #address = `198.51.100.${1 + Math.floor(Math.random() * 250)}, ${crypto.randomUUID()}`;
  constructor({ url }: Pick<PaidWorld, "url">) {
    this.#url = url;
  }

  async call({ method = "GET", path, body }: Wanted, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Answered> {
    const response = await fetch(`${this.#url}${path}`, {
      method,
      headers: { "cf-connecting-ip": this.#address, ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body }),
      ...(signal === undefined ? {} : { signal }),
    });
    const text = await response.text();
    const told = response.headers.get("payment-response");
    return {
      status: response.status,
      text,
      code: response.ok ? undefined : Problem.safeParse(JSON.parse(text)).data?.code,
      headers: response.headers,
      settlement: told === null ? undefined : decodePaymentResponseHeader(told),
      paymentId: response.headers.get("x-payment-id"),
    };
  }

  /** What must be paid. */
  async challenge(wanted: Wanted): Promise<PaymentRequired> {
    const answer = await this.call(wanted);
    expect(answer.status, answer.text).toBe(402);
    return decodePaymentRequiredHeader(answer.headers.get("payment-required") ?? "");
  }

  /** Asks for the price, and has x402's client sign it. */
  async sign(payer: Payer, wanted: Wanted): Promise<string> {
    return encodePaymentSignatureHeader(await payingClient(payer).createPaymentPayload(await this.challenge(wanted)));
  }

  send(wanted: Wanted, header: string, signal?: AbortSignal): Promise<Answered> {
    return this.call(wanted, { "payment-signature": header }, signal);
  }

  /** Sends the same payment until somebody knows what became of it; every answer on the way must be the 503 that says so. */
  async sendUntilKnown(wanted: Wanted, header: string): Promise<Answered> {
    for (let tries = 0; tries < 30; tries += 1) {
      const answer = await this.send(wanted, header);
      if (answer.status !== 503) return answer;
      expect(answer.code, answer.text).toBe("payment_pending");
      await new Promise((resolve) => setTimeout(resolve, 1000 * Number(answer.headers.get("retry-after"))));
    }
    throw new Error("nobody knows what became of the payment");
  }
}

export type Authorization = {
  readonly from: Address;
  readonly to: Address;
  readonly value: bigint;
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly nonce: Hex;
};

/** EIP-712 types of an EIP-3009 authorization. */
export const authorizationTypes = {
  TransferWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

/** The time, as the chain counts it. */
export const seconds = (): bigint => BigInt(Math.floor(Date.now() / 1000));

type Forgery = {
  readonly authorization?: Partial<Authorization>;
  readonly accepted?: Record<string, unknown>;
  readonly domain?: { readonly chainId?: number; readonly verifyingContract?: Address };
  readonly extensions?: Record<string, unknown>;
};

/** A payment as someone would make it who does not use x402's client: truly signed, whatever it says. */
export async function forge(payer: Payer, required: PaymentRequired, forgery: Forgery = {}): Promise<string> {
  const [offer] = required.accepts;
  if (offer === undefined) throw new Error("nothing is asked for");
  const authorization: Authorization = {
    from: payer.address,
    to: getAddress(offer.payTo),
    value: BigInt(offer.amount),
    validAfter: 0n,
    validBefore: seconds() + 300n,
    nonce: toHex(crypto.getRandomValues(new Uint8Array(32))),
    ...forgery.authorization,
  };
  const domain = { name: "USDC", version: "2", chainId, verifyingContract: usdc, ...forgery.domain } as const;
  const signature = await payer.account.signTypedData({
    domain,
    types: authorizationTypes,
    primaryType: "TransferWithAuthorization",
    message: authorization,
  });
  const { value, validAfter, validBefore } = authorization;
  const told = { ...authorization, value: String(value), validAfter: String(validAfter), validBefore: String(validBefore) };
  const payload = { x402Version: 2, resource: required.resource, payload: { signature, authorization: told } };
  return Buffer.from(JSON.stringify({ ...payload, accepted: { ...offer, ...forgery.accepted }, extensions: forgery.extensions })).toString(
    "base64",
  );
}

const Signed = z.object({
  payload: z.object({
    signature: z.custom<Hex>(isHex),
    authorization: z.object({
      from: z.custom<Address>(isHex),
      to: z.custom<Address>(isHex),
      value: z.coerce.bigint(),
      validAfter: z.coerce.bigint(),
      validBefore: z.coerce.bigint(),
      nonce: z.custom<Hex>(isHex),
    }),
  }),
});

/** What a header authorizes, and by which signature. */
export function readHeader(header: string): { readonly authorization: Authorization; readonly signature: Hex } {
  return Signed.parse(JSON.parse(Buffer.from(header, "base64").toString("utf8"))).payload;
}
