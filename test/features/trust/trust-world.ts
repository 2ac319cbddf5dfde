import { knownEvidence } from "../scores/known-evidence.ts";
import { computeScore } from "../../../src/features/scores/compute-score.ts";
import type { Evidence, ScoreDocument } from "../../../src/features/scores/evidence.ts";
import { toTrustReport, type TrustGround } from "../../../src/features/trust/trust-report.ts";
import type { TrustView } from "../../../src/features/trust/schemas.ts";
import { digestOf, makeEvidence, makeFullRun, passes } from "../scores/make-evidence.ts";

const now = new Date("2026-11-22T04:00:00.000Z");
const origin = "https://api.armalo.test";
const agentId = "agt_0000000000000000000001";
const orgId = "org_0000000000000000000001";

/** What a public agent's trust is made of, as the database gives it: 60 runs, a history with a gap, an attestation and a checkpoint. */
export async function trustGround(change: Partial<TrustGround> & { readonly evidence?: Evidence } = {}): Promise<TrustGround> {
  const { evidence = knownEvidence, ...rest } = change;
  const score = await computeScore(evidence);
  return {
    agent: {
      id: agentId,
      name: "Support concierge",
      version: "2.4.1",
      versionNumber: 2,
      versionDigest: digestOf(2),
      organizationId: orgId,
      environment: "live",
    },
    score,
    history: historyOf([873, 868, 861, null, null, 842, 846, 851, 823, 790, null, null]),
    attestation: {
      ok: true,
      versionNumber: 2,
      keyState: "active",
      row: {
        orgId,
        id: "att_0000000000000000000001",
        agentId,
        kind: "score",
        about: agentId,
        statement: "eyJhbGciOiJFZERTQSJ9.e30.AA",
        dsseSignature: "",
        digest: digestOf("51a7e"),
        kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        eventSeq: 41,
        requestedBy: "key:key_1",
        issuedAt: new Date("2026-11-20T09:30:00.000Z"),
        expiresAt: new Date("2026-12-20T09:30:00.000Z"),
        revokedAt: null,
        revokedReason: null,
        revision: 1,
      },
    },
    checkpoint: {
      size: 4127,
      root: "BJ5Io2rY8Q0m4oKd3mMjYkTgk3tVpXG0fW1vC0bZb1c=",
      kid: "k",
      note: "",
      signedAt: new Date("2026-11-22T03:59:31.000Z"),
    },
    statusList: `${origin}/v1/organizations/${orgId}/status-list`,
    origin,
    deployment: "cloud",
    now,
    ...rest,
  };
}

/** Stored scores, newest first, three days apart. */
const historyOf = (scores: readonly (number | null)[]): TrustGround["history"] =>
  scores.map((compositeScore, index) => ({
    computedAt: new Date(now.getTime() - index * 3 * 86_400_000),
    versionNumber: index < 8 ? 2 : 1,
    compositeScore,
    certificationTier: compositeScore !== null && compositeScore >= 850 ? "silver" : null,
    openCriticalViolations: 0,
  }));

export const trustOf = async (change: Parameters<typeof trustGround>[0] = {}): Promise<TrustView> =>
  toTrustReport(await trustGround(change));

/** An agent of which nothing is known. */
export const unknownAgent = (): Promise<TrustView> =>
  trustOf({
    evidence: makeEvidence([]),
    history: [],
    attestation: { ok: false, reason: "none_issued" },
    checkpoint: undefined,
  });

const violation: ScoreDocument["openCriticalViolations"][number] = {
  conditionDigest: digestOf("c0d"),
  conditionId: "no-card-numbers",
  pactDigest: digestOf("fac7"),
  runId: "evl_0000000000000000000001",
  failedAt: "2026-11-21T17:20:00.000Z",
  passesSince: 3,
  passesToClose: 28,
};

/** The same agent with one open critical violation, and a history that says since when. */
export async function violatingAgent(): Promise<TrustView> {
  const { score, history } = await trustGround();
  const since = history.map((point, index) => ({ ...point, openCriticalViolations: index < 2 ? 1 : 0, certificationTier: null }));
  return trustOf({ score: { ...score, certificationTier: null, openCriticalViolations: [violation] }, history: since });
}

/** An agent with much evidence from others, all of it good. */
export const certifiedAgent = (): Promise<TrustView> =>
  trustOf({
    evidence: makeEvidence(
      Array.from({ length: 40 }, (_, index) =>
        makeFullRun(passes(14), { suiteDigest: digestOf(index % 8), author: ["platform", "org_a", "org_b", "org_c"][index % 4] ?? "" }),
      ),
    ),
  });
