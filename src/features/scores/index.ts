export { currentScore, selectCurrentScore } from "./current-score.ts";
export type { EvidenceEntry, EvidenceRecord, ScoreDocument, UnavailableEntry } from "./evidence.ts";
export { dimensionNames, judgement, notRun, platformAuthor, suiteAssurance, type Assurance, type Dimension } from "./formula.ts";
export { keepScores } from "./keep-scores.ts";
export { isScoreRace, planScore, selectScoreGround, type ScoreGround } from "./plan-score.ts";
