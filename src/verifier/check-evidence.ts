import { parseCheckpoint } from "../audit/transparency/checkpoint.ts";
import { parseNote } from "../audit/transparency/signed-note.ts";
import { equalBytes, type Hash } from "../audit/transparency/tree-hash.ts";
import type { Leaf } from "../crypto/statement/bundle.ts";
import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { checkEvents } from "./check-events.ts";
import { hashOfLeaf } from "./check-log.ts";
import { checkIntent, checkReceiptChain, isReceipt } from "./check-receipts.ts";
import { checkStatement } from "./check-statement.ts";
import type { Evidence, EventLine } from "./read-document.ts";
import { newerHistory, trustKeys, type Pins } from "./trust.ts";
import { finding, holds, type Finding, type Verdict } from "./verdicts.ts";

/** Files that a document may need beside it. */
export type Beside = {
  readonly keyHistory: string | null;
  readonly checkpoint: string | null;
  readonly leaves: readonly Hash[] | null;
  readonly accepted: readonly Verdict[];
};

type Export = {
  readonly events: readonly EventLine[];
  readonly checkpoint: string;
  readonly leaves: readonly Hash[] | null;
  readonly keyHistory: string | null;
};

/** Checks that an export is the whole of a log up to a checkpoint. */
export async function checkExport({ events, checkpoint, leaves, keyHistory }: Export, pins: Pins): Promise<Finding[]> {
  const { trusted, issuer } = await trustKeys(keyHistory, pins);
  return [issuer, ...(await checkEvents({ events: leavesOf({ events, checkpoint }), checkpoint, leaves }, trusted, pins))];
}

/** The events as they were logged, oldest first: what an export leaves out of them, its log's name says. */
function leavesOf({ events, checkpoint }: Pick<Export, "events" | "checkpoint">): Leaf[] {
  const note = parseNote(checkpoint);
  const origin = note === undefined ? "" : (parseCheckpoint(note.text)?.origin ?? "");
  const inOrder = isNewestFirst(events) ? events.toReversed() : events;
  return inOrder.map((event): Leaf => ({ v: 1, orgId: origin.slice(origin.lastIndexOf("/") + 1), ...event }));
}

/** The API's export begins with the newest event. */
function isNewestFirst(events: readonly EventLine[]): boolean {
  const [first, last] = [events[0], events.at(-1)];
  return first !== undefined && last !== undefined && first.seq > last.seq;
}

/** Checks an archive: the log, each statement and its place in this very log, that none is left out, and the chains of receipts. */
export async function checkEvidence(evidence: Evidence, beside: Beside, pins: Pins): Promise<Finding[]> {
  const keyHistory = await newerHistory(evidence.keyHistory, beside.keyHistory);
  const archive = { ...evidence, keyHistory };
  const findings = await checkExport(archive, pins);
  const leaves = leavesOf(archive);
  const logged = new Map(leaves.map((leaf) => [leaf.seq, hashOfLeaf(leaf)]));
  const reports = await Promise.all(
    evidence.statements.map((statement) => checkArchived(statement, { ...archive, logged }, { beside, pins })),
  );
  const receipts = reports.flatMap(({ opened }) => (opened !== null && isReceipt(opened) ? [opened] : []));
  const good = reports.filter(({ failed }) => failed.length === 0).length;
  const signatures =
    good === 0 ? [] : [finding("signature", "signature_valid", `${good} of ${reports.length} statements are signed and logged`)];
  const standings = [...Map.groupBy(reports, ({ standing }) => standing)].filter(([standing]) => standing !== null);
  const standing = standings.map(([name, all]) => `${all.length} ${name}`).join(", ");
  const attestations = standing === "" ? [] : [finding("revocation", "archived", standing)];
  return [
    ...findings,
    ...signatures,
    ...attestations,
    ...reports.flatMap(({ failed }) => failed),
    ...leftOut(leaves, evidence.statements),
    ...checkReceiptChain(receipts, "whole"),
  ];
}

/** Events of these actions issue a statement, always. */
const issuing = new Set(["attestation.issued", "receipt.imported", "cosignature.signed"]);
/** So do these, but in logs that are older than receipts they began without one. */
const issuingSinceReceipts = new Set(["pact.call_validated", "run.finished", "run.cancelled"]);

/** A log's events before its first receipt are taken for older than receipts: that an agent's first ones are gone, its chain tells. */
function leftOut(events: readonly Leaf[], statements: Evidence["statements"]): Finding[] {
  const shown = new Set(statements.map(({ bundle }) => bundle.inclusion?.leaf.id));
  const firstReceipt = events.find(
    ({ action, id }) => (action === "receipt.imported" || issuingSinceReceipts.has(action)) && shown.has(id),
  );
  const since = firstReceipt?.seq ?? 0;
  const first = events.find(
    ({ action, id, seq }) => (issuing.has(action) || (issuingSinceReceipts.has(action) && seq > since)) && !shown.has(id),
  );
  return first === undefined ? [] : [finding("events", "missing", `the statement that event ${first.seq} issued (${first.action})`)];
}

type Archived = {
  readonly opened: OpenedStatement | null;
  readonly failed: readonly Finding[];
  /** How an attestation stands; null for a receipt. */
  readonly standing: string | null;
};
type Archive = Pick<Evidence, "keyHistory" | "statusList"> & { readonly logged: ReadonlyMap<number, Hash> };

/** A statement in an archive: that it has expired, or was taken back since, says nothing against the archive. */
async function checkArchived(
  { name, bundle }: Evidence["statements"][number],
  { keyHistory, statusList, logged }: Archive,
  { beside, pins }: { readonly beside: Beside; readonly pins: Pins },
): Promise<Archived> {
  const newest = await newerHistory(bundle.keyHistory, keyHistory);
  const { findings, opened } = await checkStatement({ ...bundle, keyHistory: newest, statusList: bundle.statusList ?? statusList }, pins);
  const intent = opened !== null && isReceipt(opened) ? await checkIntent(opened, pins) : [];
  const lasting = findings.filter(({ check }) => check !== "expiry" && check !== "revocation");
  const failed = [...lasting, ...intent, ...isInThisLog(bundle.inclusion?.leaf, logged)].filter((one) => !holds(one, beside.accepted));
  const passing = findings.filter(({ check }) => check === "expiry" || check === "revocation").find((one) => !holds(one, beside.accepted));
  return {
    opened,
    failed: failed.map((one) => ({ ...one, detail: `${name}: ${one.detail}` })),
    standing: opened === null || isReceipt(opened) ? null : (passing?.verdict ?? "active").replaceAll("_", " "),
  };
}

/** Its proof may lead to another checkpoint than the archive's, of another log or of a fork of this one: the event must be the same. */
function isInThisLog(leaf: Leaf | undefined, logged: Archive["logged"]): Finding[] {
  if (leaf === undefined) return [];
  const event = logged.get(leaf.seq);
  if (event !== undefined && equalBytes(event, hashOfLeaf(leaf))) return [];
  return [finding("log", "event_of_another", `the archive has no such event ${leaf.seq}`)];
}
