/** What contracts emit and answer to (EIP-3009, ERC-20): Keccak-256 of the signatures; of the function its first four bytes, without 0x. */
export const topics = {
  authorizationUsed: "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5",
  authorizationCanceled: "0x1cdd46ff242716cdaa72d159d339a485b3438398348d68f09d7c8c0a59353d81",
  transfer: "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
  authorizationState: "e94a0102",
} as const;

export type ReceiptLog = { readonly address: string; readonly topics: readonly string[]; readonly data: string };

type Terms = {
  readonly asset: string;
  readonly payer: string;
  readonly payTo: string;
  readonly nonce: string;
  /** Atomic units, decimal. */
  readonly amount: string;
};

/** An address as a topic: 32 bytes. */
export const word = (address: string): string => `0x${address.slice(2).toLowerCase().padStart(64, "0")}`;

const same = (left: string | undefined, right: string): boolean => left?.toLowerCase() === right.toLowerCase();

/**
 * What the logs of one successful transaction say of an authorization: `paid` where the token says that it was used and the transfer that it
 * reports next is ours, to the unit. A transfer that belongs to another authorization of the same transaction is not counted twice. `spent`
 * where the authorization was cancelled or moved something else.
 */
export function paymentIn(logs: readonly ReceiptLog[], { asset, payer, payTo, nonce, amount }: Terms): "paid" | "spent" | "absent" {
  const ofToken = logs.filter(({ address }) => same(address, asset));
  const concerns = ({ topics: [, authorizer, named] }: ReceiptLog): boolean => same(authorizer, word(payer)) && same(named, nonce);
  const at = ofToken.findIndex((log) => same(log.topics[0], topics.authorizationUsed) && concerns(log));
  if (at === -1) return ofToken.some((log) => same(log.topics[0], topics.authorizationCanceled) && concerns(log)) ? "spent" : "absent";
  const next = ofToken[at + 1];
  const [kind, from, to] = next?.topics ?? [];
  const isOurs = same(kind, topics.transfer) && same(from, word(payer)) && same(to, word(payTo));
  return isOurs && same(next?.data, word(`0x${BigInt(amount).toString(16)}`)) ? "paid" : "spent";
}
