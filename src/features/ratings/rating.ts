import { z } from "zod";
import { importPublicKey } from "../../crypto/ed25519.ts";
import { standingOf, type KeyHistory } from "../../crypto/statement/key-history.ts";
import { openStatement, type OpenedStatement } from "../../crypto/statement/open-statement.ts";
import { predicateTypes } from "../../crypto/statement/statement.ts";
import { effects, receiptModes } from "../receipts/index.ts";
import type { EvidenceRecord } from "../scores/index.ts";

/** What a rating rests on, of a receipt's predicate. */
const RatedPredicate = z.looseObject({
  id: z.string(),
  issuer: z.string(),
  organization: z.string(),
  deployment: z.looseObject({ environment: z.enum(["live", "test"]) }),
  agent: z.looseObject({ id: z.string() }),
  issuedAt: z.string(),
  mode: z.enum(receiptModes),
  effect: z.enum(effects).nullable(),
  counterparty: z.string().nullable().optional(),
});

/** A receipt that may be rated: another organization's, of an effect that was confirmed, with the rater as its counterparty. */
export type Ratable = { readonly orgId: string; readonly receiptId: string; readonly digest: string; readonly agentId: string };

/** A receipt as it was handed in: nothing of it is proved. */
type HandedIn = { readonly opened: OpenedStatement; readonly said: z.output<typeof RatedPredicate> };
type Refusal = { readonly ok: false; readonly message: string };

const refuse = (message: string): Refusal => ({ ok: false, message });

/** Reads what was handed in as a receipt. Nothing of it is proved by that: judgeRatable does. */
export async function openReceipt(statement: string): Promise<{ readonly ok: true; readonly receipt: HandedIn } | Refusal> {
  const opening = await openStatement(statement);
  if (!opening.ok) return refuse(`Not a statement of ours (${opening.fault}).`);
  const { opened } = opening;
  if (opened.statement.predicateType !== predicateTypes.receipt) return refuse("Not a receipt.");
  const parsed = RatedPredicate.safeParse(opened.statement.predicate);
  return parsed.success ? { ok: true, receipt: { opened, said: parsed.data } } : refuse("Not a receipt of an agent's action.");
}

type Rater = { readonly orgId: string; readonly environment: "live" | "test" };
/** The installation's keys, and the owner groups of both sides: null where there is no such organization. */
type Known = { readonly history: KeyHistory; readonly groups: { readonly own: string | null; readonly others: string | null } };

/** Whether an organization may rate what it holds. */
export async function judgeRatable(
  { opened, said }: HandedIn,
  rater: Rater,
  { history, groups }: Known,
): Promise<{ readonly ok: true; readonly receipt: Ratable } | Refusal> {
  if (!history.issuers.includes(said.issuer)) return refuse("Of another installation.");
  const standing = standingOf(history, opened.kid, "statement", new Date(said.issuedAt));
  if (standing.status !== "active" && standing.status !== "superseded") return refuse(`Signed by a key that is ${standing.status}.`);
  const publicKey = await importPublicKey(standing.key.x);
  if (publicKey === undefined || !(await opened.isSignedBy(publicKey))) return refuse("The signature does not fit.");
  if (said.mode !== "production" || said.effect !== "confirmed")
    return refuse("Only an effect that was confirmed in production can be rated.");
  if (said.organization === rater.orgId) return refuse("An organization cannot rate its own receipts.");
  if (said.counterparty !== rater.orgId) return refuse("It names another counterparty, or none.");
  if (groups.own === groups.others) return refuse("Organizations of one owner do not rate each other.");
  if (said.deployment.environment !== rater.environment) return refuse("One side is a live organization, the other one a test.");
  return { ok: true, receipt: { orgId: said.organization, receiptId: said.id, digest: opened.digest, agentId: said.agent.id } };
}

export type Received = { readonly id: string; readonly raterGroup: string; readonly value: number };
type Version = Pick<EvidenceRecord, "versionNumber" | "versionDigest">;

/**
 * A rating as evidence: of an effect that was confirmed, so of assurance 1.0, by the rater's owner group. How much all of one counterparty can
 * weigh is the formula's (weighEvidence). `suiteDigest` is the same for all ratings.
 */
export const evidenceOfRating = ({ id, raterGroup, value }: Received, version: Version, suiteDigest: string, at: Date): EvidenceRecord => ({
  runId: id,
  suiteDigest,
  author: raterGroup,
  assurance: "confirmed_effect",
  ...version,
  at: at.toISOString(),
  entries: [{ dimension: "counterparty", value, caseIndex: 0, check: "rating" }],
  unavailable: [],
});
