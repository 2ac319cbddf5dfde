import { judgeChain } from "../crypto/room-chain.ts";
import { bundleFormat } from "../crypto/statement/bundle.ts";
import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { predicateTypes } from "../crypto/statement/statement.ts";
import { readExtent, type TranscriptExtent } from "../crypto/statement/transcript.ts";
import { checkStatement, type StatementReport } from "./check-statement.ts";
import type { Transcript } from "./read-transcript.ts";
import { summarize } from "./summarize.ts";
import { newerHistory, type Pins } from "./trust.ts";
import { finding, type Finding } from "./verdicts.ts";

const isTranscriptStatement = ({ statement }: OpenedStatement): boolean => statement.predicateType === predicateTypes.transcript;

/** Checks a transcript: who signed it, and that the messages are those that the signature covers, all of them and in order. */
export async function checkTranscript(transcript: Transcript, keyHistory: string | null, pins: Pins): Promise<StatementReport> {
  const { statement } = transcript.header;
  const newest = await newerHistory(transcript.header.keyHistory, keyHistory);
  const report = await checkStatement({ format: bundleFormat, statement, keyHistory: newest, inclusion: null, statusList: null }, pins);
  if (report.opened === null) return report;
  const extent = isTranscriptStatement(report.opened) ? readExtent(report.opened.statement) : undefined;
  const messages =
    extent === undefined ? [finding("form", "malformed", "not a transcript's statement")] : checkMessages(transcript, extent);
  return { ...report, findings: [...report.findings, ...messages] };
}

function checkMessages({ messages, spoilt, isCut }: Transcript, { room, after, last }: TranscriptExtent): Finding[] {
  const found = judgeChain(room, after, last, messages);
  const isTruncated = found.some(({ kind }) => kind === "truncated");
  // Half a line at the end is what is left of a message that is told as cut off.
  const bad = isCut && isTruncated && spoilt.at(-1) === messages.length + spoilt.length + 1 ? spoilt.slice(0, -1) : spoilt;
  const lines =
    bad.length === 0 ? [] : [finding("messages", "changed", `line ${bad.slice(0, 5).join(", ")} is no message as a room writes it`)];
  if (lines.length > 0 || found.length > 0) return [...lines, ...summarize("messages", "message", found)];
  const older = after.seq === 0 ? "" : "; the room no longer kept those before";
  if (after.seq === last.seq) return [finding("messages", "complete", `none of ${room}${older}`)];
  const [from, to] = [messages[0]?.at ?? "-", messages.at(-1)?.at ?? "-"];
  return [finding("messages", "complete", `no. ${after.seq + 1} to ${last.seq} of ${room}, from ${from} to ${to}${older}`)];
}
