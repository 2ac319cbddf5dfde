export { currentScore, selectCurrentScore } from "./current-score.ts";
export type { EvidenceEntry, EvidenceRecord, ScoreDocument, UnavailableEntry } from "./evidence.ts";
export { dimensionNames, judgement, notRun, platformAuthor, suiteAssurance, type Assurance, type Dimension } from "./formula.ts";
export { planScore } from "./plan-score.ts";
export { selectEvidence } from "./store.ts";
