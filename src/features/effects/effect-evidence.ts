import type { JudgedCondition } from "../../grants/invocation.ts";
import type { DecisionReason } from "../../policies/decision.ts";
import type { EvidenceEntry, EvidenceRecord } from "../scores/index.ts";

/** One invocation in production, as far as it says something of its agent. */
export type CountedCall = {
  readonly status: "executed" | "denied";
  readonly reasons: readonly DecisionReason[];
  readonly pactChecks: readonly JudgedCondition[];
};

/** Of whom, and of the use of what. */
export type EffectSubject = Omit<EvidenceRecord, "assurance" | "entries" | "unavailable">;

/**
 * What a batch of calls of one capability says of their agent: each is a case, in the order given. An effect that was confirmed is worth 1 in
 * reliability, and in pactCompliance what each condition said that judged its arguments. A call that the pact forbids is worth 0 there, with
 * the condition that it breaks; one whose arguments are malformed is worth 0 in reliability. What a denied call would have kept is nothing to
 * its credit. The same capability is the same suite, so that repeats are discounted as repeats (weighEvidence).
 */
export const evidenceOfEffects = (subject: EffectSubject, calls: readonly CountedCall[]): EvidenceRecord => ({
  ...subject,
  assurance: "confirmed_effect",
  entries: calls.flatMap((call, caseIndex) =>
    call.status === "executed" ? confirmedEntries(call, caseIndex) : faultEntries(call, caseIndex),
  ),
  unavailable: [],
});

const reliability = (value: 0 | 1, caseIndex: number): EvidenceEntry => ({ dimension: "reliability", value, caseIndex, check: "call" });

const confirmedEntries = ({ pactChecks }: CountedCall, caseIndex: number): EvidenceEntry[] => [
  reliability(1, caseIndex),
  ...eachOnce(pactChecks).map((judged) => conditionEntry(judged, caseIndex)),
];

function faultEntries({ reasons, pactChecks }: CountedCall, caseIndex: number): EvidenceEntry[] {
  const malformed = reasons.includes("invalid_arguments") ? [reliability(0, caseIndex)] : [];
  if (!reasons.includes("pact_violated")) return malformed;
  const broken = eachOnce(pactChecks.filter(({ kept }) => !kept)).map((judged) => conditionEntry(judged, caseIndex));
  // A denial that names no condition is one all the same.
  const unnamed: EvidenceEntry = { dimension: "pactCompliance", value: 0, caseIndex, check: "pact" };
  return [...malformed, ...(broken.length === 0 ? [unnamed] : broken)];
}

/** The same promise in two pacts is one check; where they differ in what they saw, it is broken. */
const eachOnce = (judged: readonly JudgedCondition[]): JudgedCondition[] => [
  ...new Map(judged.toSorted((a, b) => Number(b.kept) - Number(a.kept)).map((one) => [one.digest, one])).values(),
];

/** Of a condition's digest, so that it is the same check in every batch. */
const checkDigits = 32;

function conditionEntry({ digest, pactDigest, conditionId, severity, kept }: JudgedCondition, caseIndex: number): EvidenceEntry {
  const check = digest.replace(/^sha256:/, "").slice(0, checkDigits);
  return { dimension: "pactCompliance", value: kept ? 1 : 0, caseIndex, check, condition: { digest, pactDigest, conditionId, severity } };
}
