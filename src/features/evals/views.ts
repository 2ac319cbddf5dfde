import type { z } from "@hono/zod-openapi";
import type { Attribution } from "../../expressions/outcome.ts";
import { wasSilent, type CaseResult } from "./result.ts";
import type { CaseView, RunView, Suite, SuiteHeadView } from "./schemas.ts";
import type { RunRow, SuiteRow } from "./store.ts";

type SuiteHeadRow = Omit<SuiteRow, "cases"> & { readonly caseCount: number };

export const toSuiteHead = (
  { id, name, description, digest, floor, caseCount, createdAt }: SuiteHeadRow,
  author: string,
): SuiteHeadView => ({
  id,
  name,
  description,
  author,
  digest,
  floor,
  caseCount,
  createdAt: createdAt.toISOString(),
});

export const toSuite = (row: SuiteRow, author: string): z.input<typeof Suite> => ({
  ...toSuiteHead({ ...row, caseCount: row.cases.length }, author),
  cases: row.cases,
});

export function toRun(row: Omit<RunRow, "orgId"> & { readonly orgId?: string }): RunView {
  const { orgId: _org, reasonCodes, createdAt, startedAt, finishedAt, updatedAt: _at, ...rest } = row;
  return {
    ...rest,
    reasonCodes,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

export const toCase = (row: CaseResult): CaseView => ({
  index: row.index,
  caseId: row.caseId,
  status: row.status,
  attribution: attributionOf(row),
  checks: row.checks,
  attempts: row.attempts,
  inputDigest: row.inputDigest,
  outputDigest: row.outputDigest,
  latencyMs: row.latencyMs,
  at: row.at.toISOString(),
});

function attributionOf(row: CaseResult): Attribution | null {
  if (row.status === "pass" || row.status === "not_applicable") return null;
  if (row.status === "fail" || wasSilent(row)) return "agent";
  return row.checks.find(({ attribution }) => attribution !== null)?.attribution ?? "instrument";
}
