export type { EvidenceEntry, EvidenceRecord, UnavailableEntry } from "./evidence.ts";
export { judgement, notRun, platformAuthor, suiteAssurance, type Assurance } from "./formula.ts";
export { planScore } from "./plan-score.ts";
export { selectEvidence } from "./store.ts";
