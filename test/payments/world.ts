import { env } from "cloudflare:workers";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { vi } from "vitest";
import { toHex } from "../../src/crypto/encoding.ts";
import { parseEnvironment, type Environment } from "../../src/env.ts";
import { requirementsOf } from "../../src/payments/challenge.ts";
import type { PaymentRequirements, Presented, PresentedPayment, PresentedRequest } from "../../src/payments/payment.ts";
import { identifierName, paymentName } from "../../src/payments/payment-name.ts";
import { presentPayment } from "../../src/payments/present-payment.ts";
import { readPayment } from "../../src/payments/read-payment.ts";
import { authorizationDigest, signerOf, type TokenDomain } from "../../src/payments/transfer-authorization.ts";
import { FakeChain } from "./fake-chain.ts";

type Hex = `0x${string}`;
const hex = (bytes: Uint8Array): Hex => `0x${toHex(bytes)}`;
export const seconds = (): number => Math.floor(Date.now() / 1000);

export function environment(): Environment {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error(parsed.missing.join());
  return parsed.env;
}

export type Wallet = { readonly key: Uint8Array; readonly address: Hex };

const sign = (key: Uint8Array, digest: Uint8Array): Hex => {
  const signature = secp256k1.sign(digest, key, { prehash: false, format: "recovered" });
  return hex(Uint8Array.from([...signature.subarray(1), 27 + (signature[0] ?? 0)]));
};

export function newWallet(): Wallet {
  const key = secp256k1.utils.randomSecretKey();
  const digest = new Uint8Array(32);
  const address = signerOf(digest, sign(key, digest));
  if (address === undefined) throw new Error("a wallet without an address");
  return { key, address };
}

export type Wish = {
  readonly authorization?: Partial<{ from: Hex; to: Hex; value: string; validAfter: number; validBefore: number; nonce: Hex }>;
  readonly accepted?: object;
  readonly resource?: string;
  readonly identifier?: string;
  readonly signature?: Hex;
  readonly domain?: Partial<TokenDomain>;
};

/** An x402 payload as a client makes it, and whatever is wished otherwise. */
export function payloadOf(wallet: Wallet, requirements: PaymentRequirements, wish: Wish = {}) {
  const authorization = {
    from: wallet.address,
    to: requirements.payTo,
    value: requirements.amount,
    validAfter: 0,
    validBefore: seconds() + 300,
    nonce: hex(crypto.getRandomValues(new Uint8Array(32))),
    ...wish.authorization,
  };
  const domain = { name: "USDC", version: "2", chainId: 84_532, verifyingContract: requirements.asset, ...wish.domain };
  const signature = wish.signature ?? sign(wallet.key, authorizationDigest(domain, authorization));
  const { validAfter, validBefore } = authorization;
  return {
    x402Version: 2,
    ...(wish.resource === undefined ? {} : { resource: { url: wish.resource } }),
    accepted: wish.accepted ?? requirements,
    payload: { signature, authorization: { ...authorization, validAfter: String(validAfter), validBefore: String(validBefore) } },
    ...(wish.identifier === undefined ? {} : { extensions: { "payment-identifier": { info: { required: false, id: wish.identifier } } } }),
  };
}

export const toHeader = (value: unknown): string => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value))));

export const offered = (): PaymentRequirements[] => {
  const { payments } = environment();
  if (payments === undefined) throw new Error("the tests' environment takes no payments");
  return requirementsOf(payments, "0.001");
};

export const read = (header: string) => {
  const { payments } = environment();
  if (payments === undefined) throw new Error("the tests' environment takes no payments");
  return readPayment(header, offered(), payments);
};

/** A payment of a new wallet's, read as the pipeline reads it. */
export async function newPayment(wish: Wish = {}, wallet: Wallet = newWallet()): Promise<PresentedPayment> {
  const [requirements] = offered();
  if (requirements === undefined) throw new Error("nothing is offered");
  const answer = await read(toHeader(payloadOf(wallet, requirements, wish)));
  if (!answer.ok) throw new Error(`${answer.reason}: ${answer.detail}`);
  return answer.payment;
}

export const request = (name = "a", sellable = true): PresentedRequest => ({
  fingerprint: `sha256:${name.codePointAt(0)?.toString(16).padStart(64, "0")}`,
  operation: "scores.get",
  method: "GET",
  url: `https://api.armalo.test/v1/agents/${name}/score`,
  sellable,
});

type Settled = { success: boolean; transaction: string; errorReason?: string };
export type SettleFault = (settle: () => Settled) => Response | Promise<Response>;

/** What a facilitator is sent. */
type Asked = { paymentPayload: ReturnType<typeof payloadOf>; paymentRequirements: PaymentRequirements };

/** What payments depend on besides us, in memory: a chain and a facilitator, which can both be told to fail. */
export class World {
  readonly chain = new FakeChain();
  readonly verified: string[] = [];
  readonly settled: string[] = [];
  /** What the facilitator does where it is asked to settle; honest unless told otherwise. */
  onSettle: SettleFault = (settle) => Response.json(settle());
  onVerify: () => Response | Promise<Response> = () => Response.json({ isValid: true });

  async answer(url: string, body: Asked & Parameters<FakeChain["answer"]>[0]): Promise<Response> {
    if (!url.endsWith("/verify") && !url.endsWith("/settle")) {
      if (this.chain.mode === "away") throw new TypeError("no connection");
      return this.chain.answer(body);
    }
    const { authorization } = body.paymentPayload.payload;
    if (url.endsWith("/verify")) {
      this.verified.push(authorization.nonce);
      return this.onVerify();
    }
    this.settled.push(authorization.nonce);
    return this.onSettle(() => this.#settle(body));
  }

  #settle({ paymentPayload, paymentRequirements }: Asked): Settled {
    const { from, to, value, nonce, validBefore } = paymentPayload.payload.authorization;
    const transfer = { asset: paymentRequirements.asset, payer: from, payTo: to, amount: value, nonce };
    const transaction = Number(validBefore) > seconds() + this.chain.ahead ? this.chain.transfer(transfer) : undefined;
    return transaction === undefined
      ? { success: false, transaction: "", errorReason: "invalid_transaction_state" }
      : { success: true, transaction };
  }
}

/** Puts a world in the place of the facilitator and the node of the settings, for the requests of this file alone. */
export function standIn(): World {
  const world = new World();
  const { payments } = environment();
  const places = [payments?.facilitatorUrl ?? "", ...(payments?.networks ?? []).map(({ rpcUrl }) => rpcUrl)].map((url) =>
    url.replace(/\/$/, ""),
  );
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (!places.some((place) => url.startsWith(place))) return real(input, init);
    return world.answer(url.replace(/\/$/, ""), JSON.parse(typeof init?.body === "string" ? init.body : "null"));
  });
  return world;
}

export const objectOf = async (payment: PresentedPayment) => env.SETTLEMENT.get(env.SETTLEMENT.idFromName(await paymentName(payment)));
export const identifierOf = async (payment: PresentedPayment) =>
  env.PAYMENT_IDENTIFIER.get(env.PAYMENT_IDENTIFIER.idFromName(await identifierName(payment, payment.identifier ?? "")));

export const present = (payment: PresentedPayment, asked: PresentedRequest = request()): Promise<Presented> =>
  presentPayment(environment(), payment, asked);

/** Presents, and expects to be given the delivery. */
export async function lease(payment: PresentedPayment, asked?: PresentedRequest): Promise<Extract<Presented, { kind: "deliver" }>> {
  const presented = await present(payment, asked);
  if (presented.kind !== "deliver") throw new Error(`not a delivery: ${JSON.stringify(presented)}`);
  return presented;
}

export const answer = (body = '{"score":1}') => ({ status: 200, mediaType: "application/json", body });

/**
 * A clock that stands still but where the code under test pauses: what it waits for between two looks passes at once. A holder's patience
 * ends when that much time has passed so.
 */
export function standStill(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
  const wait = scheduler.wait.bind(scheduler);
  vi.spyOn(scheduler, "wait").mockImplementation(async (ms, options) => {
    if (ms <= 2_000) vi.setSystemTime(Date.now() + ms);
    const until = Date.now() + (ms <= 2_000 ? 0 : ms);
    do await wait(1);
    while (Date.now() < until && options?.signal?.aborted !== true);
  });
}

export const passTime = (ms: number): unknown => vi.setSystemTime(Date.now() + ms);

export function endWorld(): void {
  vi.restoreAllMocks();
  vi.useRealTimers();
}
