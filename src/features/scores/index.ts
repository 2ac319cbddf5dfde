export { currentScore, selectCurrentScore } from "./current-score.ts";
export { DimensionScoreBody, OpenViolationBody, ScoreDocumentBody, UnavailableEntryBody } from "./schemas.ts";
export type { EvidenceEntry, EvidenceRecord, ScoreDocument, UnavailableEntry } from "./evidence.ts";
export {
  dimensionNames,
  judgement,
  mapDimensions,
  requiredDimensions,
  tierFloors,
  tierNames,
  notRun,
  platformAuthor,
  suiteAssurance,
  type Assurance,
  type Dimension,
} from "./formula.ts";
export { planScore } from "./plan-score.ts";
export { selectEvidence, selectScoreHistory } from "./store.ts";
