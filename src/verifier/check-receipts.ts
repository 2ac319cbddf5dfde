import { z } from "zod";
import { importPublicKey, thumbprint } from "../crypto/ed25519.ts";
import { isSignedBy, jwsTypes, readJws } from "../crypto/statement/jws.ts";
import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { predicateTypes } from "../crypto/statement/statement.ts";
import type { Pins } from "./trust.ts";
import { finding, type Finding } from "./verdicts.ts";

const ReceiptPart = z.looseObject({
  action: z.looseObject({ name: z.string(), digest: z.string() }),
  intent: z.strictObject({ x: z.string(), jws: z.string() }).nullable(),
});

const Intent = z.looseObject({ agentId: z.string(), action: z.looseObject({ name: z.string(), digest: z.string() }) });

export const isReceipt = ({ statement }: OpenedStatement): boolean => statement.predicateType === predicateTypes.receipt;

/** Checks the agent's own signature that a two-party receipt carries; nothing where there is none. */
export async function checkIntent({ statement: { predicate } }: OpenedStatement, pins: Pins): Promise<Finding[]> {
  const receipt = ReceiptPart.safeParse(predicate);
  if (!receipt.success) return [finding("form", "malformed", "not a receipt")];
  const { intent, action } = receipt.data;
  if (intent === null) return [];
  const read = readJws(intent.jws, jwsTypes.intent, "any");
  const key = await importPublicKey(intent.x);
  if (!read.ok || key === undefined || !(await isSignedBy(read.jws, key))) return [finding("intent", "intent_invalid")];
  const wanted = Intent.safeParse(read.jws.payload);
  const fits =
    wanted.success &&
    wanted.data.agentId === predicate.agent?.id &&
    wanted.data.action.name === action.name &&
    wanted.data.action.digest === action.digest;
  if (!fits) return [finding("intent", "intent_invalid", "The agent signed something else.")];
  const kid = await thumbprint(intent.x);
  const whose = pins.fingerprints.includes(kid) ? "which you pinned" : "which the issuer says is the agent's: pin it to know";
  return [finding("intent", "intent_valid", `key ${kid}, ${whose}`)];
}

/** Checks that receipts, in the order given, are an unbroken part of each agent's chain, or all of it from the first one on. */
export function checkReceiptChain(receipts: readonly OpenedStatement[], extent: "whole" | "part" = "part"): Finding[] {
  const chains = Map.groupBy(receipts, ({ statement: { predicate } }) => `${predicate.organization} ${predicate.agent?.id}`);
  return [...chains].map(([chain, links]) => checkChain(chain.split(" ")[1] ?? chain, links, extent));
}

function checkChain(agent: string, links: readonly OpenedStatement[], extent: "whole" | "part"): Finding {
  let before: { readonly number: number; readonly digest: string } | undefined;
  for (const { statement, digest } of links) {
    const { number = 0, previous = null } = statement.predicate;
    if (before !== undefined) {
      if (number === before.number) return finding("receipts", "repeated", `receipt ${number} of ${agent}`);
      if (number < before.number) return finding("receipts", "reordered", `receipt ${number} of ${agent} stands behind ${before.number}`);
      if (number > before.number + 1) return finding("receipts", "missing", `receipt ${before.number + 1} of ${agent}`);
      if (previous !== before.digest) return finding("receipts", "changed", `receipt ${number} of ${agent} names another one before it`);
    } else if (number === 1 && previous !== null) {
      return finding("receipts", "changed", `receipt 1 of ${agent} names one before it`);
    } else if (number > 1 && extent === "whole") {
      return finding("receipts", "missing", `receipt 1 of ${agent}`);
    }
    before = { number, digest };
  }
  const [first, last] = [links[0]?.statement.predicate.number, links.at(-1)?.statement.predicate.number];
  return finding("receipts", "unbroken", `${agent}: no. ${first ?? "-"} to ${last ?? "-"}`);
}
