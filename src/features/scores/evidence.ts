import type { z } from "@hono/zod-openapi";
import type {
  DimensionScoreBody,
  EvidenceBody,
  EvidenceEntryBody,
  EvidenceRecordBody,
  MissingBody,
  OpenViolationBody,
  ScoreDocumentBody,
  UnavailableEntryBody,
} from "./schemas.ts";

/** One scored check. */
export type EvidenceEntry = z.infer<typeof EvidenceEntryBody>;
/** Checks of a run that could not be scored, counted by reason. */
export type UnavailableEntry = z.infer<typeof UnavailableEntryBody>;
/** What one finished run contributes. */
export type EvidenceRecord = z.infer<typeof EvidenceRecordBody>;
/** All that a score is computed from, and nothing else: the same evidence gives the same digits anywhere. */
export type Evidence = z.infer<typeof EvidenceBody>;
export type DimensionScore = z.infer<typeof DimensionScoreBody>;
export type Missing = z.infer<typeof MissingBody>;
export type OpenViolation = z.infer<typeof OpenViolationBody>;
export type ScoreDocument = z.infer<typeof ScoreDocumentBody>;
