import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { bundleFormat } from "../crypto/statement/bundle.ts";
import { checkCheckpointFile } from "./check-events.ts";
import { checkEvidence, checkExport, type Beside } from "./check-evidence.ts";
import { checkPayment, isPayment } from "./check-payment.ts";
import { checkIntent, isReceipt } from "./check-receipts.ts";
import { checkStatement } from "./check-statement.ts";
import { checkTranscript } from "./check-transcript.ts";
import type { Document } from "./read-document.ts";
import { newerHistory, trustKeys, type Pins } from "./trust.ts";
import { finding, type Finding } from "./verdicts.ts";

export type Report = {
  readonly findings: readonly Finding[];
  /** What the signed statement says, where the file is one. */
  readonly statement: OpenedStatement["statement"] | null;
};

/** Checks any document of ours. Nothing is read and nobody is asked: what is not handed in is not known. */
export async function checkDocument(document: Document, beside: Beside, pins: Pins): Promise<Report> {
  switch (document.kind) {
    case "bundle":
      return checkOne({ ...document.bundle, keyHistory: await newerHistory(document.bundle.keyHistory, beside.keyHistory) }, pins);
    case "statement":
      return checkOne(
        { format: bundleFormat, statement: document.statement, keyHistory: beside.keyHistory, inclusion: null, statusList: null },
        pins,
      );
    case "checkpoint": {
      const { trusted, issuer } = await trustKeys(beside.keyHistory, pins);
      const { finding: log } = await checkCheckpointFile(document.note, trusted, pins);
      return { findings: [issuer, log], statement: null };
    }
    case "events": {
      if (beside.checkpoint === null)
        return {
          findings: [finding("form", "malformed", "An export is checked against a checkpoint: add --checkpoint FILE.")],
          statement: null,
        };
      const { events } = document;
      return { findings: await checkExport({ ...beside, events, checkpoint: beside.checkpoint }, pins), statement: null };
    }
    case "transcript": {
      const { findings, opened } = await checkTranscript(document.transcript, beside.keyHistory, pins);
      return { findings, statement: opened?.statement ?? null };
    }
    case "evidence":
      return { findings: await checkEvidence(document.evidence, beside, pins), statement: null };
  }
}

async function checkOne(bundle: Parameters<typeof checkStatement>[0], pins: Pins): Promise<Report> {
  const { findings, opened } = await checkStatement(bundle, pins);
  if (opened === null) return { findings, statement: null };
  return { findings: [...findings, ...(await checkKind(opened, pins))], statement: opened.statement };
}

/** What a statement of one kind has to show besides. */
async function checkKind(opened: OpenedStatement, pins: Pins): Promise<Finding[]> {
  if (isReceipt(opened)) return checkIntent(opened, pins);
  return isPayment(opened) ? [await checkPayment(opened)] : [];
}
