import { readFile } from "node:fs/promises";
import { computeScore } from "../features/scores/compute-score.ts";
import type { Evidence } from "../features/scores/evidence.ts";

const usage = "Usage: npm run --silent recompute -- FILE, where FILE holds the answer of GET /v1/agents/{agentId}/score/evidence.";

/** Whether a file looks like exported evidence of this formula; what its records hold is the formula's business. */
function isEvidence(value: unknown): value is Evidence {
  if (typeof value !== "object" || value === null) return false;
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { formula, agentId, ownerOrg, versionNumber, asOf, runsOnRecord, records } = fields;
  return (
    formula === "ts-1" &&
    [agentId, ownerOrg, asOf].every((field) => typeof field === "string") &&
    [versionNumber, runsOnRecord].every((field) => typeof field === "number") &&
    Array.isArray(records)
  );
}

async function readEvidence(path: string): Promise<Evidence | string> {
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) return `${path} cannot be read.`;
  try {
    const value: unknown = JSON.parse(text);
    return isEvidence(value) ? value : `${path} does not hold exported evidence of the formula ts-1.`;
  } catch {
    return `${path} is not JSON.`;
  }
}

/** Prints the score of exported evidence, as the API computes it: to be compared with what the API published. */
async function recompute(path: string | undefined): Promise<string | null> {
  if (path === undefined) return usage;
  const evidence = await readEvidence(path);
  if (typeof evidence === "string") return evidence;
  process.stdout.write(`${JSON.stringify(await computeScore(evidence), null, 2)}\n`);
  return null;
}

const failure = await recompute(process.argv[2]).catch(() => "The file holds evidence that no score can be computed from.");
if (failure !== null) {
  process.stderr.write(`${failure}\n`);
  process.exitCode = 1;
}
