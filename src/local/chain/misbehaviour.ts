import { setTimeout as sleep } from "node:timers/promises";
import type { SettleResponse } from "@x402/core/types";
import type { Hex } from "viem";

/** How a facilitator can fail those who rely on it, each done on purpose by ours. The chain is always the real one. */
export type Behaviour =
  | { readonly kind: "honest" }
  /** Hangs up before doing anything. */
  | { readonly kind: "down" }
  /** Settles, and hangs up instead of answering. */
  | { readonly kind: "vanishes" }
  /** Settles, and answers so many milliseconds later. */
  | { readonly kind: "answers late"; readonly ms: number }
  /** Waits so many milliseconds, and settles then, whether or not anyone still listens. */
  | { readonly kind: "settles late"; readonly ms: number }
  /** Says that it settled, and did not: it names a transaction that is not there, or somebody else's. */
  | { readonly kind: "invents success"; readonly transaction: Hex }
  /** Settles, and says that the payer had not enough. */
  | { readonly kind: "denies success" }
  /** Says that every payment is invalid, and settles none. */
  | { readonly kind: "refuses" }
  /** Settles twice, and gives the second answer: the authorization was used. */
  | { readonly kind: "settles twice" }
  /** Settles once, and writes its answer twice into one body. */
  | { readonly kind: "answers twice" }
  | { readonly kind: "answers nonsense" }
  | { readonly kind: "answers 500" };

/** undefined: the connection is closed without an answer. */
export type Answer = { readonly status: number; readonly body: string } | undefined;
type Settle = () => Promise<SettleResponse>;

const json = (value: unknown, status = 200): Answer => ({ status, body: JSON.stringify(value) });

export async function settleAs(behaviour: Behaviour, settle: Settle): Promise<Answer> {
  switch (behaviour.kind) {
    case "down":
      return undefined;
    case "answers 500":
      return json({ error: "internal" }, 500);
    case "answers nonsense":
      return { status: 200, body: "<html>" };
    case "refuses":
      return json({ success: false, errorReason: "invalid_exact_evm_payload_signature", transaction: "", network: "eip155:84532" });
    case "invents success":
      return json({ success: true, transaction: behaviour.transaction, network: "eip155:84532" });
    case "settles late":
      await sleep(behaviour.ms);
      return json(await settle());
    default:
      return distort(behaviour, settle);
  }
}

type Settling = "honest" | "vanishes" | "answers late" | "denies success" | "settles twice" | "answers twice";

/** What settles at once, and tells it in its own way. */
async function distort(behaviour: Extract<Behaviour, { kind: Settling }>, settle: Settle): Promise<Answer> {
  const settled = await settle();
  switch (behaviour.kind) {
    case "honest":
      return json(settled);
    case "vanishes":
      return undefined;
    case "answers late":
      await sleep(behaviour.ms);
      return json(settled);
    case "denies success":
      return json({ success: false, errorReason: "insufficient_funds", transaction: "", network: settled.network });
    case "settles twice":
      return json(await settle());
    case "answers twice":
      return { status: 200, body: JSON.stringify(settled).repeat(2) };
  }
}

/** The same for a question that changes nothing; lies about settling begin at settling. */
export async function verifyAs({ kind }: Behaviour, verify: () => Promise<unknown>): Promise<Answer> {
  switch (kind) {
    case "down":
      return undefined;
    case "answers 500":
      return json({ error: "internal" }, 500);
    case "answers nonsense":
      return { status: 200, body: "<html>" };
    case "refuses":
      return json({ isValid: false, invalidReason: "invalid_exact_evm_payload_signature" });
    case "invents success":
      return json({ isValid: true });
    default:
      return json(await verify());
  }
}
