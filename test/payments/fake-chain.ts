import { topics, word } from "../../src/payments/payment-log.ts";

/** Params as the four methods that we ask have them: a tag or a hash, a call, or a filter. */
// oxlint-disable-next-line typescript/no-explicit-any -- each method has its own
type Call = { method: string; params: any[] };
type Log = { address: string; topics: string[]; data: string };
type Transaction = { hash: string; block: number; logs: Log[]; payer: string; nonce: string };
export type Transfer = { asset: string; payer: string; payTo: string; amount: string; nonce: string };

const quantity = (value: number): string => `0x${value.toString(16)}`;
const newHash = (): string =>
  `0x${[...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

/** A chain in memory with one kind of contract, asked by JSON-RPC. The real one is in the tests of the whole stack; this one can be told to fail. */
export class FakeChain {
  #head = 1_000;
  #transactions: Transaction[] = [];
  /** Seconds that its clock is ahead of ours. */
  ahead = 0;
  /** `away`: no answer. `error`: an answer that is none. */
  mode: "well" | "away" | "error" = "well";
  readonly asked: string[] = [];
  /** Transactions with more logs than anybody reads. */
  readonly huge = new Set<string>();

  /** What the token does for a valid authorization; the nonce is used once. */
  transfer({ asset, payer, payTo, amount, nonce }: Transfer): string | undefined {
    if (this.#isUsed(payer, nonce, Infinity)) return undefined;
    const value = word(`0x${BigInt(amount).toString(16)}`);
    return this.#include({ payer, nonce }, [
      { address: asset, topics: [topics.authorizationUsed, word(payer), nonce], data: "0x" },
      { address: asset, topics: [topics.transfer, word(payer), word(payTo)], data: value },
    ]);
  }

  cancel({ asset, payer, nonce }: Pick<Transfer, "asset" | "payer" | "nonce">): void {
    this.#include({ payer, nonce }, [{ address: asset, topics: [topics.authorizationCanceled, word(payer), nonce], data: "0x" }]);
  }

  mine(blocks = 1): void {
    this.#head += blocks;
  }

  /** Drops what the last blocks held, for good; the chain goes on from where it was. */
  reorganize(): void {
    this.#transactions = [];
    this.#head += 1;
  }

  #include({ payer, nonce }: Pick<Transaction, "payer" | "nonce">, logs: Log[]): string {
    this.#head += 1;
    const hash = newHash();
    this.#transactions.push({ hash, block: this.#head, logs, payer, nonce });
    return hash;
  }

  #isUsed(payer: string, nonce: string, block: number): boolean {
    return this.#transactions.some((one) => one.payer === payer && one.nonce === nonce && one.block <= block);
  }

  answer(call: Call): Response {
    this.asked.push(call.method);
    if (this.mode === "error") return Response.json({ jsonrpc: "2.0", id: 1, error: { code: -32_005, message: "limit" } });
    return Response.json({ jsonrpc: "2.0", id: 1, result: this.#result(call) });
  }

  #result({ method, params }: Call): unknown {
    const at = (tag: string): number => (tag === "latest" ? this.#head : Number(tag));
    switch (method) {
      case "eth_getBlockByNumber":
        return {
          number: quantity(at(params[0])),
          timestamp: quantity(Math.floor(Date.now() / 1000) + this.ahead - 2 * (this.#head - at(params[0]))),
        };
      case "eth_call": {
        const data = String(params[0].data);
        const used = this.#isUsed(`0x${data.slice(34, 74)}`, `0x${data.slice(74)}`, at(params[1]));
        return `0x${used ? "1".padStart(64, "0") : "0".repeat(64)}`;
      }
      case "eth_getTransactionReceipt": {
        const found = this.#transactions.find(({ hash }) => hash === params[0]);
        return found === undefined
          ? null
          : { transactionHash: found.hash, blockNumber: quantity(found.block), status: "0x1", logs: this.#receiptLogs(found) };
      }
      case "eth_getLogs": {
        const [{ fromBlock, toBlock, address, topics: wanted }] = params;
        return this.#transactions
          .filter(({ block }) => block >= Number(fromBlock) && block <= Number(toBlock))
          .flatMap(({ hash, block, logs }) =>
            logs.map((log) => ({ ...log, transactionHash: hash, blockNumber: quantity(block), removed: false })),
          )
          .filter((log) => log.address.toLowerCase() === String(address).toLowerCase())
          .filter((log) => wanted.every((topic: string | string[], at: number) => [topic].flat().includes(log.topics[at] ?? "")));
      }
      default:
        throw new Error(`the chain has no ${method}`);
    }
  }

  #receiptLogs({ hash, logs }: Transaction): Log[] {
    if (!this.huge.has(hash)) return logs;
    const other: Log = { address: `0x${"99".repeat(20)}`, topics: [], data: `0x${"00".repeat(1_000)}` };
    return [...Array.from({ length: 200 }, () => other), ...logs];
  }
}
