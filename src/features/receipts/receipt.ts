import { z } from "zod";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { subjectOf, type Subject } from "../../crypto/statement/statement.ts";

export const receiptModes = ["simulation", "dry_run", "production"] as const;
export type ReceiptMode = (typeof receiptModes)[number];

/** How it ended. `executed` in a dry run says that it would have been let through. */
export const dispositions = ["executed", "blocked", "denied", "errored", "timed_out"] as const;
export type Disposition = (typeof dispositions)[number];

/** What is known of the effect in the world. Of what was blocked or denied there is none to know. */
export const effects = ["attempted", "confirmed", "unknown"] as const;
export type Effect = (typeof effects)[number];

/** The action of receipts for tool calls that were checked before they are made. */
export const toolCall = "tool_call";

const decisions = ["allow", "deny", "require_approval", "undecided"] as const;

const Sha256 = z.string().regex(/^sha256:[0-9a-f]{64}$/);

/** What a receipt says of what happened; who signs, chains and numbers it is added when it is issued. */
export const ReceiptFacts = z
  .strictObject({
    /** What was done, by name and by the digest of its canonical JSON. */
    action: z.strictObject({ name: z.string().min(1).max(100), digest: Sha256 }),
    /** What it is about in this API: a run, a check, an artifact. */
    about: z.string().min(1).max(100),
    mode: z.enum(receiptModes),
    /** The rules that decided, and what they decided. */
    policy: z.strictObject({ id: z.string(), digest: Sha256, decision: z.enum(decisions) }).nullable(),
    approval: z.strictObject({ id: z.string(), digest: Sha256 }).nullable(),
    disposition: z.enum(dispositions),
    effect: z.enum(effects).nullable(),
    /** The digest of what came of it. */
    outcome: Sha256.nullable(),
    /** The agent's own signature over what it wanted, where it gave one. */
    intent: z.strictObject({ x: z.string(), jws: z.string() }).nullable(),
    /** The organization on the other side, null for none; receipts of what has no other side leave it out. */
    counterparty: z.string().min(1).max(100).nullable().optional(),
  })
  .superRefine((facts, context) => {
    for (const message of contradictionsOf(facts)) context.addIssue(message);
  });
export type ReceiptFacts = z.output<typeof ReceiptFacts>;

type Told = {
  readonly mode: ReceiptMode;
  readonly disposition: Disposition;
  readonly effect: Effect | null;
  readonly policy: { readonly decision: (typeof decisions)[number] } | null;
  readonly approval: object | null;
};

/** What cannot have happened together, in words; the table has the same rules, as far as it has the columns. */
function contradictionsOf({ mode, disposition, effect, policy, approval }: Told): string[] {
  const prevented = disposition === "blocked" || disposition === "denied";
  const decision = policy?.decision;
  return [
    ...(prevented === (effect === null) ? [] : ["An effect is known of what was tried, and of nothing else."]),
    ...(decision === "deny" && !prevented ? ["What was denied was not tried."] : []),
    ...(decision === "allow" && disposition === "denied" ? ["What was allowed was not denied."] : []),
    ...(decision === "require_approval" && !prevented && approval === null ? ["What needs an approval was not tried without one."] : []),
    ...(effect === "confirmed" && (mode !== "production" || disposition !== "executed")
      ? ["An effect is confirmed of what was executed in production, and of nothing else."]
      : []),
    ...(mode === "dry_run" && effect === "attempted" ? ["A dry run attempts nothing."] : []),
  ];
}

/** The head of an agent's chain: the receipt that the next one names. */
export type ChainHead = { readonly number: number; readonly digest: string };

/** Where in its chain a receipt stands. */
export const placeAfter = (head: ChainHead | undefined): { readonly number: number; readonly previous: string | null } => ({
  number: (head?.number ?? 0) + 1,
  previous: head?.digest ?? null,
});

export function receiptSubjects({ action, policy, outcome }: ReceiptFacts, versionDigest: string): Subject[] {
  return [
    subjectOf("action", action.digest),
    subjectOf("agent-version", versionDigest),
    ...(policy === null ? [] : [subjectOf("policy", policy.digest)]),
    ...(outcome === null ? [] : [subjectOf("outcome", outcome)]),
  ];
}

/** The part of a receipt's predicate that is its own. What is left out of the facts is left out of it too. */
export const receiptPredicate = ({ counterparty, ...facts }: ReceiptFacts): { readonly [name: string]: JsonValue } =>
  counterparty === undefined ? facts : { ...facts, counterparty };
