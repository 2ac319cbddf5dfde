import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { actAsSystem } from "../../../src/access/system-principal.ts";
import { evalRuns } from "../../../src/db/schema/evals.ts";
import type { ScopedDb } from "../../../src/db/tenant-db.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { emptyCounts } from "../../../src/features/evals/run.ts";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { planScore, selectScoreGround } from "../../../src/features/scores/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import type { TestOrganization } from "../../support/organization.ts";
import { digestOf, makeFullRun, passes } from "./make-evidence.ts";

export async function createAgent(org: TestOrganization, externalId = "bot"): Promise<string> {
  const made = await org.call("POST", "/v1/agents", { externalId, name: "Bot" });
  expect(made.status).toBe(201);
  return made.body.id;
}

export async function openTenant(org: TestOrganization) {
  const parsed = parseEnvironment(env);
  if (!parsed.ok) throw new Error("the tests' bindings are not valid");
  return (await actAsSystem(parsed.env, org.orgId, "system:test")).tenant;
}

export const insertRun = (
  db: ScopedDb,
  agentId: string,
  { runId, suiteDigest, author, versionNumber, versionDigest, at }: EvidenceRecord,
) =>
  db.orm.insert(evalRuns).values({
    orgId: db.orgId,
    id: runId,
    agentId,
    agentVersionNumber: versionNumber,
    agentVersionDigest: versionDigest,
    suiteId: newId("suite"),
    suiteDigest,
    suiteAuthor: author,
    mode: "production",
    concurrency: 1,
    floor: 0.5,
    recordedCases: 0,
    requestedBy: "system:test",
    status: "completed",
    counts: emptyCounts(0),
    reasonCodes: [],
    createdAt: new Date(at),
    updatedAt: new Date(at),
  });

/** Ends a run as the evals feature does: its evidence and the new score in one write. */
export async function finishRun(org: TestOrganization, agentId: string, record: EvidenceRecord, now: Date, seen?: Date) {
  const tenant = await openTenant(org);
  const [rows, [standing]] = await tenant.read((db) => [...selectScoreGround(db, agentId, seen ?? now)]);
  const ground = { rows, standing };
  const { consequences, ...plan } = await planScore({ agentId, ownerOrg: org.orgId, versionNumber: 1, ground, record, now });
  await tenant.write({ action: "run.finished", resource: record.runId, change: null, answer: null, consequences }, (db) => [
    insertRun(db, agentId, record),
    ...plan.statements(db),
  ]);
  return plan.document;
}

export const ago = (ms: number): Date => new Date(Date.now() - ms);
export const suiteRun = (suite: number, at: Date, change: Partial<EvidenceRecord> = {}) =>
  makeFullRun(passes(14), { runId: newId("run"), suiteDigest: digestOf(suite), at: at.toISOString(), ...change });

/** Three suites, three runs each, the last of them just now. */
export async function quickstart(org: TestOrganization, agentId: string, until: Date = ago(0)) {
  const start = until.getTime() - 9;
  for (let run = 0; run < 9; run += 1) {
    const at = new Date(start + run + 1);
    await finishRun(org, agentId, suiteRun(1 + (run % 3), at), at);
  }
}
