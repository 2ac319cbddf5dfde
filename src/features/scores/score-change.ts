import type { Consequence } from "../../db/tenant-db.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import type { ScoreDocument } from "./evidence.ts";

/** What people see of a score at a glance, and what is announced when it changes. */
type VisibleScore = Pick<ScoreDocument, "status" | "compositeScore" | "certificationTier"> & {
  /** Whole percent, 0 to 100, rounded half up: the six published decimals move with every hour. */
  readonly confidencePercent: number;
  /** The digests of the violated critical conditions, sorted. */
  readonly openCriticalViolations: readonly string[];
};
export type ScoreChange = { readonly from: VisibleScore; readonly to: VisibleScore };

const toVisible = (score: ScoreDocument): VisibleScore => ({
  status: score.status,
  compositeScore: score.compositeScore,
  certificationTier: score.certificationTier,
  confidencePercent: Math.floor(score.confidence * 100 + 0.5),
  openCriticalViolations: score.openCriticalViolations.map(({ conditionDigest }) => conditionDigest).toSorted(),
});

/** The score of an agent of which nothing is known. */
const nothingKnown: VisibleScore = {
  status: "insufficient_evidence",
  compositeScore: null,
  certificationTier: null,
  confidencePercent: 0,
  openCriticalViolations: [],
};

/** What is seen to have changed since the score that was kept last (null: none was); null where nothing is. */
export function findChange(before: ScoreDocument | null, after: ScoreDocument): ScoreChange | null {
  const [from, to] = [before === null ? nothingKnown : toVisible(before), toVisible(after)];
  const same =
    from.status === to.status &&
    from.compositeScore === to.compositeScore &&
    from.certificationTier === to.certificationTier &&
    from.confidencePercent === to.confidencePercent &&
    from.openCriticalViolations.join() === to.openCriticalViolations.join();
  return same ? null : { from, to };
}

/**
 * What the audit log and the organization's own systems are told of a change: `score.changed`, and `score.tier_changed` where the
 * certification tier is another.
 */
export function announce(agentId: string, scoreId: string, change: ScoreChange): readonly [Consequence, ...Consequence[]] {
  const { from, to } = change;
  const told = { agentId, scoreId, from: toTold(from), to: toTold(to) };
  const changed: Consequence = {
    action: "score.changed",
    resource: agentId,
    change: { scoreId, from, to },
    announces: [{ type: "score.changed", data: told }],
  };
  if (from.certificationTier === to.certificationTier) return [changed];
  const tiers = { scoreId, from: from.certificationTier, to: to.certificationTier };
  const announces = [{ type: "score.tier_changed", data: { agentId, ...tiers } }] as const;
  return [changed, { action: "score.tier_changed", resource: agentId, change: tiers, announces }];
}

/** Which conditions are violated, the score itself says: there is no bound to how many. */
const toTold = ({ openCriticalViolations, ...visible }: VisibleScore): EventData["score.changed"]["to"] => ({
  ...visible,
  openCriticalViolations: openCriticalViolations.length,
});

const lookAgainAfterMs = 86_400_000;

/**
 * When to look again whether time has changed a score: in a day; never (null) where no evidence remains that rounds to a percent, for time
 * only takes evidence away. Critical violations stay open whatever the time.
 */
export function nextLook(score: ScoreDocument, now: Date): Date | null {
  const { status, confidencePercent } = toVisible(score);
  return status === "insufficient_evidence" && confidencePercent === 0 ? null : new Date(now.getTime() + lookAgainAfterMs);
}
