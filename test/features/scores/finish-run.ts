import { env } from "cloudflare:workers";
import { actAsSystem } from "../../../src/access/system-principal.ts";
import { evalRuns } from "../../../src/db/schema/evals.ts";
import type { ScopedDb } from "../../../src/db/tenant-db.ts";
import { parseEnvironment } from "../../../src/env.ts";
import { emptyCounts } from "../../../src/features/evals/run.ts";
import type { EvidenceRecord } from "../../../src/features/scores/evidence.ts";
import { planScore, selectEvidence } from "../../../src/features/scores/index.ts";
import { newId } from "../../../src/platform/ids.ts";
import type { TestOrganization } from "../../support/organization.ts";

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
  const [rows] = await tenant.read((db) => [selectEvidence(db, agentId, seen ?? now)]);
  const plan = await planScore({ agentId, ownerOrg: org.orgId, versionNumber: 1, rows, record, now });
  await tenant.write({ action: "run.finished", resource: record.runId, change: null, answer: null }, (db) => [
    insertRun(db, agentId, record),
    ...plan.statements(db),
  ]);
  return plan.document;
}
