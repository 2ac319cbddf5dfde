import { z } from "zod";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { subjectOf, type Subject } from "../../crypto/statement/statement.ts";

export const receiptModes = ["simulation", "dry_run", "production"] as const;
export type ReceiptMode = (typeof receiptModes)[number];

/** How it ended. */
export const dispositions = ["executed", "blocked", "denied", "errored", "timed_out"] as const;
export type Disposition = (typeof dispositions)[number];

/** What is known of the effect in the world. Of what was blocked or denied there is none to know. */
export const effects = ["attempted", "confirmed", "unknown"] as const;
export type Effect = (typeof effects)[number];

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
  })
  .superRefine(({ disposition, effect, policy }, context) => {
    const prevented = disposition === "blocked" || disposition === "denied";
    if (prevented !== (effect === null)) context.addIssue("An effect is known of what was tried, and of nothing else.");
    if (disposition === "executed" && policy?.decision === "deny") context.addIssue("What was denied was not executed.");
  });
export type ReceiptFacts = z.output<typeof ReceiptFacts>;

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

/** The part of a receipt's predicate that is its own. */
export const receiptPredicate = (facts: ReceiptFacts): { readonly [name: string]: JsonValue } => ({ ...facts });
