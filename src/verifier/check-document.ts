import { parseCheckpoint } from "../audit/transparency/checkpoint.ts";
import { parseNote } from "../audit/transparency/signed-note.ts";
import type { Hash } from "../audit/transparency/tree-hash.ts";
import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { bundleFormat, type Leaf } from "../crypto/statement/bundle.ts";
import { checkCheckpointFile, checkEvents } from "./check-events.ts";
import { checkIntent, checkReceiptChain, isReceipt } from "./check-receipts.ts";
import { checkStatement } from "./check-statement.ts";
import type { Document, Evidence, EventLine } from "./read-document.ts";
import { trustKeys, type Pins } from "./trust.ts";
import { finding, holds, type Finding, type Verdict } from "./verdicts.ts";

/** Files that a document may need beside it. */
export type Beside = {
  readonly keyHistory: string | null;
  readonly checkpoint: string | null;
  readonly leaves: readonly Hash[] | null;
  readonly accepted: readonly Verdict[];
};

export type Report = {
  readonly findings: readonly Finding[];
  /** What the signed statement says, where the file is one. */
  readonly statement: OpenedStatement["statement"] | null;
};

/** Checks any document of ours. Nothing is read and nobody is asked: what is not handed in is not known. */
export async function checkDocument(document: Document, beside: Beside, pins: Pins): Promise<Report> {
  switch (document.kind) {
    case "bundle":
      return checkOne({ ...document.bundle, keyHistory: document.bundle.keyHistory ?? beside.keyHistory }, pins);
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
    case "evidence":
      return { findings: await checkEvidence(document.evidence, beside, pins), statement: null };
  }
}

async function checkOne(bundle: Parameters<typeof checkStatement>[0], pins: Pins): Promise<Report> {
  const { findings, opened } = await checkStatement(bundle, pins);
  if (opened === null) return { findings, statement: null };
  return { findings: isReceipt(opened) ? [...findings, ...(await checkIntent(opened, pins))] : findings, statement: opened.statement };
}

type Export = {
  readonly events: readonly EventLine[];
  readonly checkpoint: string;
  readonly leaves: readonly Hash[] | null;
  readonly keyHistory: string | null;
};

async function checkExport({ events, checkpoint, leaves, keyHistory }: Export, pins: Pins): Promise<Finding[]> {
  const { trusted, issuer } = await trustKeys(keyHistory, pins);
  const note = parseNote(checkpoint);
  const origin = note === undefined ? "" : (parseCheckpoint(note.text)?.origin ?? "");
  const inOrder = isNewestFirst(events) ? events.toReversed() : events;
  const leavesShown = inOrder.map((event): Leaf => ({ v: 1, orgId: origin.slice(origin.lastIndexOf("/") + 1), ...event }));
  return [issuer, ...(await checkEvents({ events: leavesShown, checkpoint, leaves }, trusted, pins))];
}

/** The API's export begins with the newest event. */
function isNewestFirst(events: readonly EventLine[]): boolean {
  const [first, last] = [events[0], events.at(-1)];
  return first !== undefined && last !== undefined && first.seq > last.seq;
}

async function checkEvidence(evidence: Evidence, beside: Beside, pins: Pins): Promise<Finding[]> {
  const keyHistory = evidence.keyHistory ?? beside.keyHistory;
  const archive = { ...evidence, keyHistory };
  const findings = await checkExport(archive, pins);
  const reports = await Promise.all(evidence.statements.map((statement) => checkArchived(statement, archive, { beside, pins })));
  const receipts = reports.flatMap(({ opened }) => (opened !== null && isReceipt(opened) ? [opened] : []));
  const good = reports.filter(({ failed }) => failed.length === 0).length;
  const signatures =
    good === 0 ? [] : [finding("signature", "signature_valid", `${good} of ${reports.length} statements are signed and logged`)];
  const standings = [...Map.groupBy(reports, ({ standing }) => standing)].filter(([standing]) => standing !== null);
  const standing = standings.map(([name, all]) => `${all.length} ${name}`).join(", ");
  const attestations = standing === "" ? [] : [finding("revocation", "archived", standing)];
  return [...findings, ...signatures, ...attestations, ...reports.flatMap(({ failed }) => failed), ...checkReceiptChain(receipts)];
}

type Archived = {
  readonly opened: OpenedStatement | null;
  readonly failed: readonly Finding[];
  /** How an attestation stands; null for a receipt. */
  readonly standing: string | null;
};

/** A statement in an archive: that it has expired, or was taken back since, says nothing against the archive. */
async function checkArchived(
  { name, bundle }: Evidence["statements"][number],
  { keyHistory, statusList }: Pick<Evidence, "keyHistory" | "statusList">,
  { beside, pins }: { readonly beside: Beside; readonly pins: Pins },
): Promise<Archived> {
  const whole = { ...bundle, keyHistory: bundle.keyHistory ?? keyHistory, statusList: bundle.statusList ?? statusList };
  const { findings, opened } = await checkStatement(whole, pins);
  const intent = opened !== null && isReceipt(opened) ? await checkIntent(opened, pins) : [];
  const lasting = findings.filter(({ check }) => check !== "expiry" && check !== "revocation");
  const failed = [...lasting, ...intent].filter((one) => !holds(one, beside.accepted));
  const passing = findings.filter(({ check }) => check === "expiry" || check === "revocation").find((one) => !holds(one, beside.accepted));
  return {
    opened,
    failed: failed.map((one) => ({ ...one, detail: `${name}: ${one.detail}` })),
    standing: opened === null || isReceipt(opened) ? null : (passing?.verdict ?? "active").replaceAll("_", " "),
  };
}
