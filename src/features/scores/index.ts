export { availableScore, currentScore, evidenceOfCurrentScore, selectCurrentScore, selectScoreWithEvidence } from "./current-score.ts";
export { DimensionScoreBody, EvidenceBody, OpenViolationBody, ScoreDocumentBody, UnavailableEntryBody } from "./schemas.ts";
export type { EvidenceEntry, EvidenceRecord, ScoreDocument, UnavailableEntry } from "./evidence.ts";
export { judgement, mapDimensions, notRun, platformAuthor, requiredDimensions, suiteAssurance, tierFloors } from "./formula.ts";
export { keepScores } from "./keep-scores.ts";
export { isScoreRace, planScore, selectScoreGround, type ScoreGround } from "./plan-score.ts";
export { selectScoreHistory, selectScoreRevision, selectVersion as selectAgentVersion } from "./store.ts";
