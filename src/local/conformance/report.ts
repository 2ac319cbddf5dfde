import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const Checks = z.array(z.object({ id: z.string(), status: z.string() }));
type Status = "passed" | "passed where it applies" | "does not apply" | "failed" | "not scored, passed" | "not scored, failed";
type Row = { readonly scenario: string; readonly passed: number; readonly all: number; readonly status: Status; readonly reason: string };
export type Report = { readonly revision: string; readonly rows: readonly Row[] };

/** An entry of a baseline, and the reason that stands beside it: `- scenario # reason`, or `- scenario:check # reason`. */
export function readBaseline(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^\s*- (\S+)\s+# (.+)$/gm)].map(([, name = "", reason = ""]) => [name, reason]));
}

/** What the suite has found, scenario by scenario, and why what did not pass does not apply. */
export async function readReport(
  folder: string,
  { revision, baseline, required }: { revision: string; baseline: ReadonlyMap<string, string>; required: readonly string[] },
): Promise<Report> {
  const rows: Row[] = [];
  for (const name of (await readdir(folder)).toSorted()) {
    const [, scenario = name] = /^server-(.+?)-\d{4}-\d\d-\d\dT/.exec(name) ?? [];
    const checks = Checks.parse(JSON.parse(await readFile(join(folder, name, "checks.json"), "utf8")));
    const judged = checks.filter(({ status }) => ["SUCCESS", "FAILURE", "WARNING"].includes(status));
    const bad = judged.filter(({ status }) => status !== "SUCCESS").map(({ id }) => id);
    const reasons = bad.map((id) => baseline.get(`${scenario}:${id}`) ?? baseline.get(scenario));
    rows.push({
      scenario,
      passed: judged.length - bad.length,
      all: judged.length,
      status: statusOf(required.includes(scenario), bad.length > 0, !reasons.includes(undefined), baseline.has(scenario)),
      reason: [...new Set(reasons.filter((reason) => reason !== undefined))].join("; "),
    });
  }
  return { revision, rows };
}

function statusOf(isRequired: boolean, hasFailed: boolean, isExplained: boolean, isWhole: boolean): Status {
  if (!isRequired) return hasFailed ? "not scored, failed" : "not scored, passed";
  if (!hasFailed) return "passed";
  if (!isExplained) return "failed";
  return isWhole ? "does not apply" : "passed where it applies";
}

/** The report as Markdown. */
export function showReport({ revision, rows }: Report): string {
  const count = (status: Status): number => rows.filter((row) => row.status === status).length;
  const lines = rows.map(({ scenario, passed, all, status, reason }) => `| ${scenario} | ${status} | ${passed} of ${all} | ${reason} |`);
  return [
    `# MCP ${revision}: what the conformance suite found`,
    "",
    `Of the scenarios that the revision requires of servers, ${count("passed")} pass, ${count("passed where it applies")} pass but for checks that do not apply, ${count("does not apply")} do not apply, and ${count("failed")} fail. Those that are not scored were run for their own sake.`,
    "",
    "| scenario | result | checks passed | why the others do not apply |",
    "| --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}
