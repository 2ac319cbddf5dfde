import type { FieldError } from "../../http/problem.ts";
import type { PolicyTerms } from "../../policies/policy.ts";
import { judgement, requiredDimensions, type ScoreDocument } from "../scores/index.ts";
import { dimensionNames, type Dimension } from "../../scores/names.ts";

/** Scored checks that a dimension needs beside the N of a score: as many passes show a rate of .90 where none failed. */
const checksNeeded = 28;
/** Of the newest so many simulated calls, none may be unreviewed. */
export const callsLookedAt = 100;

/** How the simulated calls under the present versions were reviewed; `unreviewed` of the newest `callsLookedAt` alone. */
export type Reviews = { readonly accepted: number; readonly rejected: number; readonly unreviewed: number };

/** What a grant rests on, as far as it may stand in the way. */
export type Standing = {
  readonly grant: "active" | "expired" | "revoked";
  readonly isAgentArchived: boolean;
  readonly isCapabilityRetired: boolean;
  readonly hasDrifted: boolean;
};

/** All that a promotion is judged on. Null: there is none. */
export type Given = {
  readonly score: ScoreDocument | null;
  readonly terms: PolicyTerms | null;
  readonly reviews: Reviews;
  readonly standing: Standing;
};

export type DimensionEvidence = {
  readonly dimension: Dimension;
  readonly L: number;
  readonly N: number;
  readonly checks: number;
  /** The least that L may be. */
  readonly floor: number;
};

/** The dimensions that a promotion looks at: the required ones, and those that the policy names. */
export const weighDimensions = (score: ScoreDocument, { promotion: { floors } }: PolicyTerms): DimensionEvidence[] =>
  dimensionNames
    .filter((dimension) => requiredDimensions.includes(dimension) || floors[dimension] !== undefined)
    .map((dimension) => {
      const { L, N, checks } = score.dimensions[dimension];
      return { dimension, L, N, checks, floor: floors[dimension] ?? 0 };
    });

/** What is missing, each thing by name and with how much of it; nothing where the evidence suffices. What is not there is never enough. */
export function findMissing({ score, terms, reviews, standing }: Given): FieldError[] {
  const standingFaults = missingInStanding(standing);
  if (terms === null) return [...standingFaults, { path: "policy", message: "No version of the policy is in force." }];
  const { simulatedCalls } = terms.promotion;
  return [
    ...standingFaults,
    ...(score === null ? [{ path: "score", message: "The score cannot be computed now." }] : missingInScore(score, terms)),
    ...missingInReviews(reviews, simulatedCalls),
  ];
}

function missingInStanding({ grant, isAgentArchived, isCapabilityRetired, hasDrifted }: Standing): FieldError[] {
  return [
    ...(grant === "active" ? [] : [{ path: "grant", message: `The grant is ${grant}.` }]),
    ...(isAgentArchived ? [{ path: "agent", message: "The agent is archived." }] : []),
    ...(isCapabilityRetired ? [{ path: "capability", message: "The capability is retired." }] : []),
    ...(hasDrifted ? [{ path: "capability", message: "The upstream tool is not what was pinned." }] : []),
  ];
}

function missingInScore(score: ScoreDocument, terms: PolicyTerms): FieldError[] {
  const open = score.openCriticalViolations.map((violation) => ({ path: "score.openCriticalViolations", message: sayOpen(violation) }));
  return [...weighDimensions(score, terms).flatMap((evidence) => missingInDimension(evidence, score)), ...open];
}

/** Which condition, where it was broken last, how many passes are missing, and which passes count (findOpenViolations). */
const sayOpen = ({
  conditionId,
  pactDigest,
  runId,
  failedAt,
  passesSince,
  passesToClose,
}: ScoreDocument["openCriticalViolations"][number]) =>
  `The critical condition ${conditionId} is violated, last in ${runId} (${failedAt}). ${passesToClose - passesSince} of ${passesToClose} later ` +
  "passes that close it are missing, each as well assured as the failure, or of a suite that somebody else wrote. " +
  `Its pact is ${pactDigest}.`;

function missingInDimension({ dimension, L, N, checks, floor }: DimensionEvidence, score: ScoreDocument): FieldError[] {
  const at = `score.dimensions.${dimension}`;
  const { unavailable } = score.dimensions[dimension];
  const why = unavailable.map(({ count, reason, attribution }) => `${count} ${reason} (${attribution})`).join(", ");
  const note = why === "" ? "" : ` Unavailable, which is never enough: ${why}.`;
  const least = judgement.minimumEvidence;
  return [
    ...(N >= least ? [] : [{ path: `${at}.N`, message: `Has ${N} of ${least}.${note}` }]),
    ...(checks >= checksNeeded ? [] : [{ path: `${at}.checks`, message: `Has ${checks} of ${checksNeeded} scored checks.${note}` }]),
    ...(L >= floor ? [] : [{ path: `${at}.L`, message: `Is ${L}, and the policy's floor is ${floor}.` }]),
  ];
}

function missingInReviews({ accepted, rejected, unreviewed }: Reviews, needed: number): FieldError[] {
  return [
    ...(accepted >= needed
      ? []
      : [{ path: "reviews.accepted", message: `Has ${accepted} of ${needed} simulated calls under the present versions.` }]),
    ...(rejected === 0
      ? []
      : [
          {
            path: "reviews.rejected",
            message: `${rejected} simulated calls were rejected: another version of agent, pact, policy or capability is needed.`,
          },
        ]),
    ...(unreviewed === 0
      ? []
      : [{ path: "reviews.unreviewed", message: `${unreviewed} of the newest ${callsLookedAt} simulated calls wait for a review.` }]),
  ];
}
