import { z } from "zod";
import { callService } from "../platform/service-call.ts";
import type { PresentedPayment } from "./payment.ts";
import { paymentIn, topics, word } from "./payment-log.ts";
import type { PaymentNetwork } from "./settings.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";

/** A chain's newest block, as a node tells it. */
export type ChainHead = { readonly block: number; /** Seconds since 1970. */ readonly time: number };

/** What the chain says of an authorization. `confirmations` count the transaction's own block. */
export type ChainFacts =
  /** The node does not answer, or not yet with all that there must be. */
  | { readonly state: "unknown"; readonly detail: string }
  /** `expired`: by the time of a block that is confirmed, so that it can no longer be taken. */
  | { readonly state: "unused"; readonly head: ChainHead; readonly expired: boolean }
  | { readonly state: "paid"; readonly head: ChainHead; readonly transaction: `0x${string}`; readonly confirmations: number }
  /** Cancelled, or used for a transfer other than ours. */
  | { readonly state: "spent"; readonly head: ChainHead; readonly confirmations: number };

/** Where to look: not before the block at which it was first presented, and first in the transaction that somebody named. */
export type Hints = { readonly sinceBlock: number; readonly transaction?: string | undefined };

type Terms = Pick<PresentedPayment, "asset" | "payer" | "payTo" | "nonce" | "amount" | "validBefore">;

const timeoutMs = 5_000;
/** What nodes answer for at once, and so many times at most: a day of blocks, two seconds apart. */
const [blocksOfPage, mostPages] = [1_000, 44];

const quantity = z
  .string()
  .regex(/^0x[0-9a-f]{1,13}$/)
  .transform((text) => Number.parseInt(text, 16));
const hash = z.templateLiteral(["0x", z.string()]).refine((text) => /^0x[0-9a-f]{64}$/.test(text), "32 bytes");
const Block = z.object({ number: quantity, timestamp: quantity });
const Flag = z
  .string()
  .regex(/^0x0{63}[01]$/)
  .transform((text) => text.endsWith("1"));
const Log = z.object({ address: z.string(), topics: z.array(z.string()), data: z.string() });
const Receipt = z.object({ transactionHash: hash, blockNumber: quantity, status: z.enum(["0x0", "0x1"]), logs: z.array(Log) }).nullable();
const Found = z.array(Log.extend({ transactionHash: hash, blockNumber: quantity, removed: z.boolean().optional() }));
const Answer = z.object({ result: z.json() });

class Unanswered extends Error {}

/** One JSON-RPC call; what is not the answer that there must be is thrown as Unanswered. */
async function ask<T>({ rpcUrl }: PaymentNetwork, method: string, params: JsonValue, shape: z.ZodType<T>): Promise<T> {
  const answer = await callService({ url: rpcUrl, timeoutMs }, { jsonrpc: "2.0", id: 1, method, params });
  if (!answer.ok) throw new Unanswered(`${method}: ${answer.reason}`);
  const result = Answer.safeParse(answer.json);
  const parsed = shape.safeParse(result.data?.result);
  if (answer.status !== 200 || !result.success || !parsed.success) throw new Unanswered(`${method}: status ${answer.status}`);
  return parsed.data;
}

/** Looks up on the chain, and nowhere else, what became of an authorization. Never throws for what a node says or fails to say. */
export async function lookUp(network: PaymentNetwork, terms: Terms, hints: Hints): Promise<ChainFacts> {
  try {
    return await look(network, terms, hints);
  } catch (fault) {
    if (fault instanceof Unanswered) return { state: "unknown", detail: fault.message };
    throw fault;
  }
}

async function look(network: PaymentNetwork, terms: Terms, hints: Hints): Promise<ChainFacts> {
  const [latest, used, named] = await Promise.all([
    blockAt(network, "latest"),
    isUsed(network, terms, "latest"),
    hints.transaction === undefined ? undefined : namedReceipt(network, hints.transaction),
  ]);
  const head = { block: latest.number, time: latest.timestamp };
  const told = factsOf(terms, head, named);
  if (told !== undefined) return told;
  if (!used) return { state: "unused", head, expired: await isOver(network, terms, head) };
  return (await searchLogs(network, terms, head, hints.sinceBlock)) ?? { state: "unknown", detail: "used, and no log of it" };
}

/** A transaction and its logs, or some of them. */
type Included = Pick<NonNullable<z.output<typeof Receipt>>, "transactionHash" | "blockNumber" | "logs">;

/** What a transaction that did not fail says of the authorization; undefined where it says nothing. */
function factsOf(terms: Terms, head: ChainHead, included: Included | undefined): ChainFacts | undefined {
  const found = included === undefined ? "absent" : paymentIn(included.logs, terms);
  if (included === undefined || found === "absent") return undefined;
  const confirmations = Math.max(0, head.block - included.blockNumber + 1);
  if (found === "spent") return { state: "spent", head, confirmations };
  return { state: "paid", head, transaction: included.transactionHash, confirmations };
}

/**
 * Whether an authorization that is not used can never be used any more: it was not at a certain block, and the time of one so many blocks
 * below that the chain will not drop it is past its end. Nodes behind one URL differ, so the block is named instead of "latest".
 */
async function isOver(network: PaymentNetwork, terms: Terms, head: ChainHead): Promise<boolean> {
  if (head.time < terms.validBefore) return false;
  const [used, deep] = await Promise.all([
    isUsed(network, terms, toQuantity(head.block)),
    blockAt(network, toQuantity(Math.max(0, head.block - network.confirmations + 1))),
  ]);
  return !used && deep.timestamp >= terms.validBefore;
}

async function searchLogs(network: PaymentNetwork, terms: Terms, head: ChainHead, sinceBlock: number): Promise<ChainFacts | undefined> {
  const wanted = [[topics.authorizationUsed, topics.authorizationCanceled], word(terms.payer), terms.nonce];
  for (let page = 0, from = sinceBlock; page < mostPages && from <= head.block; page += 1, from += blocksOfPage) {
    const [log] = await logsIn(network, wanted, from, Math.min(from + blocksOfPage - 1, head.block));
    if (log !== undefined) return factsOf(terms, head, await payersPart(network, terms, log));
  }
  return undefined;
}

/** What the payer alone did with the token in a transaction: others may have put more into it than anybody reads. */
async function payersPart(
  network: PaymentNetwork,
  { payer }: Terms,
  { transactionHash, blockNumber }: Omit<Included, "logs">,
): Promise<Included> {
  const kinds = [topics.authorizationUsed, topics.authorizationCanceled, topics.transfer];
  const logs = await logsIn(network, [kinds, word(payer)], blockNumber, blockNumber);
  return { transactionHash, blockNumber, logs: logs.filter((log) => log.transactionHash === transactionHash) };
}

async function logsIn(network: PaymentNetwork, wanted: JsonValue, from: number, to: number): Promise<z.output<typeof Found>> {
  const range = { fromBlock: toQuantity(from), toBlock: toQuantity(to) };
  const found = await ask(network, "eth_getLogs", [{ address: network.asset, topics: wanted, ...range }], Found);
  return found.filter(({ removed }) => removed !== true);
}

const toQuantity = (value: number): string => `0x${value.toString(16)}`;

const blockAt = (network: PaymentNetwork, tag: string) => ask(network, "eth_getBlockByNumber", [tag, false], Block);

/** The receipt of a transaction that a facilitator names; undefined where there is none, or nobody can read it: the token's logs are searched then. */
async function namedReceipt(network: PaymentNetwork, transaction: string): Promise<Included | undefined> {
  try {
    const receipt = await ask(network, "eth_getTransactionReceipt", [transaction], Receipt);
    return receipt?.status === "0x1" ? receipt : undefined;
  } catch (fault) {
    if (fault instanceof Unanswered) return undefined;
    throw fault;
  }
}

/** EIP-3009: true for what was used and for what was cancelled. */
function isUsed(network: PaymentNetwork, { payer, nonce }: Terms, tag: string): Promise<boolean> {
  const data = `0x${topics.authorizationState}${word(payer).slice(2)}${nonce.slice(2)}`;
  return ask(network, "eth_call", [{ to: network.asset, data }, tag], Flag);
}
