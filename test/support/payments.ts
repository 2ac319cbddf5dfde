import { expect } from "vitest";
import { askChain } from "./harness.ts";
import { callApi, type Answer } from "./organization.ts";

/** Somebody with a wallet and no account, at an address of its own. */
export type Payer = {
  readonly address: `0x${string}`;
  readonly privateKey: `0x${string}`;
  readonly headers: Readonly<Record<string, string>>;
};

/** So many millionths of a USDC are enough for every price many times over. */
export async function newPayer(amount = 1_000_000): Promise<Payer> {
  const made = await askChain<{ address: `0x${string}`; privateKey: `0x${string}` }>({ ask: "payer", amount: String(amount) });
  const [a, b] = crypto.getRandomValues(new Uint8Array(2));
  return { ...made, headers: { "cf-connecting-ip": `192.0.${a}.${b}` } };
}

export const balanceOf = async ({ address }: Pick<Payer, "address">): Promise<number> =>
  Number((await askChain<{ balance: string }>({ ask: "balance", address })).balance);

/** What is in PAYMENT-REQUIRED or PAYMENT-RESPONSE. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever shape it has
export const decoded = (header: string | null): any => JSON.parse(atob(header ?? ""));

type Request = { readonly method?: string; readonly path: string; readonly body?: unknown };

/** The call without any credential. */
export const askPrice = (payer: Pick<Payer, "headers">, { method = "GET", path, body }: Request): Promise<Answer> =>
  callApi(method, path, body, payer.headers);

/** PAYMENT-SIGNATURE for a challenge, signed by x402's own client. */
export async function sign({ privateKey }: Payer, challenge: Answer): Promise<string> {
  expect(challenge.status, challenge.text).toBe(402);
  const required = challenge.headers.get("payment-required");
  return (await askChain<{ header: string }>({ ask: "sign", privateKey, required })).header;
}

export const sendPayment = (payer: Pick<Payer, "headers">, request: Request, header: string): Promise<Answer> =>
  callApi(request.method ?? "GET", request.path, request.body, { ...payer.headers, "payment-signature": header });

/** Asks, signs and pays, as a paying client does. */
export async function pay(payer: Payer, request: Request): Promise<Answer & { readonly header: string }> {
  const header = await sign(payer, await askPrice(payer, request));
  return { ...(await sendPayment(payer, request, header)), header };
}
