import type { EvidenceEntry, EvidenceRecord, OpenViolation } from "./evidence.ts";
import { assuranceValues, judgement } from "./formula.ts";

type State = { readonly violation: OpenViolation; readonly assurance: number };
type Outcome = { readonly condition: NonNullable<EvidenceEntry["condition"]>; readonly failed: boolean; readonly passes: number };

/**
 * The critical conditions that are violated, in the order of their latest failures. A failed check of a critical condition (a value below 1)
 * opens a violation; 28 passing checks of the same condition (the same content, in whatever version of the pact) in later runs, each at least
 * as well assured as the failure, or of somebody else's suite, close it: whoever failed in production may no longer act there, and could not
 * pass as well again. A later run with a failure starts the count again. Records come in order (orderEvidence); `reported` evidence opens and
 * closes nothing.
 */
export function findOpenViolations(records: readonly EvidenceRecord[]): readonly OpenViolation[] {
  const states = new Map<string, State>();
  for (const record of records) {
    const assurance = assuranceValues[record.assurance];
    if (assurance === 0) continue;
    for (const [digest, outcome] of criticalOutcomes(record)) {
      const state = states.get(digest);
      if (outcome.failed) {
        states.delete(digest);
        states.set(digest, { violation: openedBy(record, outcome), assurance: Math.max(assurance, state?.assurance ?? 0) });
      } else if (state !== undefined && assurance >= Math.min(state.assurance, assuranceValues.independent_suite)) {
        const passesSince = state.violation.passesSince + outcome.passes;
        if (passesSince >= judgement.passesToClose) states.delete(digest);
        else states.set(digest, { ...state, violation: { ...state.violation, passesSince } });
      }
    }
  }
  return [...states.values()].map(({ violation }) => violation);
}

function criticalOutcomes({ entries }: EvidenceRecord): ReadonlyMap<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  for (const { value, condition } of entries) {
    if (condition?.severity !== "critical") continue;
    const { failed, passes } = outcomes.get(condition.digest) ?? { failed: false, passes: 0 };
    outcomes.set(condition.digest, { condition, failed: failed || value < 1, passes: passes + (value < 1 ? 0 : 1) });
  }
  return outcomes;
}

const openedBy = ({ runId, at }: EvidenceRecord, { condition }: Outcome): OpenViolation => ({
  conditionDigest: condition.digest,
  conditionId: condition.conditionId,
  pactDigest: condition.pactDigest,
  runId,
  failedAt: at,
  passesSince: 0,
  passesToClose: judgement.passesToClose,
});
