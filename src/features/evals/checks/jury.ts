import { decisionOf, type JuryFinding } from "../../judge-panels/index.ts";
import { failed, passed, unscored, type Judgement } from "./judgement.ts";

/** What judges found of one check, or why they were not asked. */
export type JuryRuling = { readonly ok: true; readonly finding: JuryFinding } | { readonly ok: false; readonly reason: string };

/** A case's jury: whether there was to be one, and what it found of the check at a place. */
export type CaseJury = { readonly seated: boolean; readonly rule: (place: number) => JuryRuling };

export const juryAbsent = (reason: string): JuryRuling => ({ ok: false, reason });
const notConfigured = "no_judge_configured";
export const noJury: CaseJury = { seated: false, rule: () => juryAbsent(notConfigured) };
/** For cases without an answer: nothing is asked of the judges. */
export const silentJury = (seated: boolean): CaseJury => (seated ? { seated, rule: () => juryAbsent("nothing_to_judge") } : noJury);

/** Whatever keeps judges from a decision is the instrument's fault, and scores nothing. */
export function judgeByJury(ruling: JuryRuling): Judgement {
  if (!ruling.ok) return unscored(ruling.reason);
  const decision = decisionOf(ruling.finding);
  if (decision === null) return unscored("too_few_votes");
  return decision === "pass" ? passed : failed("jury_not_convinced");
}
