import type { Announcement } from "../../webhooks/event-schemas.ts";
import { brokenConditions } from "../pacts/index.ts";
import type { EvidenceRecord } from "../scores/index.ts";
import type { RunView } from "./schemas.ts";

/**
 * What the organization's own systems are told of a run's end. One that went through all its cases is `eval.completed`, whatever the verdict;
 * one that a fault ended or kept from beginning is `eval.failed`. Whoever cancels a run knows. Of a pact that did not hold, `pact.violated`
 * tells once for the run: what counts as evidence against it, so that a simulation violates nothing.
 */
export function announceRun(run: RunView, evidence: Pick<EvidenceRecord, "entries"> | null): Announcement[] {
  return [...endOf(run), ...violationOf(run, evidence?.entries ?? [])];
}

function endOf(run: RunView): Announcement[] {
  const { id: runId, agentId, agentVersionNumber, suiteId, suiteDigest, mode, status, verdict, finishedAt } = run;
  if (finishedAt === null || verdict === null) return [];
  const told = { runId, agentId, agentVersionNumber, suiteId, suiteDigest, mode, reasonCodes: [...run.reasonCodes], finishedAt };
  if (status === "partial" || status === "errored") return [{ type: "eval.failed", data: { ...told, status } }];
  if (status !== "completed") return [];
  return [{ type: "eval.completed", data: { ...told, verdict, passRate: run.passRate, lower95: run.lower95 } }];
}

function violationOf({ id: runId, agentId, pactId, pactDigest }: RunView, entries: EvidenceRecord["entries"]): Announcement[] {
  if (pactId === null || pactDigest === null) return [];
  const failed = entries.flatMap(({ value, condition }) => (condition !== undefined && value < 1 ? [condition] : []));
  const conditions = brokenConditions(failed.map(({ conditionId: id, severity }) => ({ id, severity })));
  if (conditions.length === 0) return [];
  return [{ type: "pact.violated", data: { pactId, pactDigest, agentId, checkId: null, runId, conditions } }];
}
