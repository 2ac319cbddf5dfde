import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveOrgScope } from "../../src/access/org-scope.ts";
import { databaseClient } from "../../src/db/client.ts";
import type { ScopedDb } from "../../src/db/tenant-db.ts";
import { readGround } from "../../src/features/invocations/read-ground.ts";
import type { LocalDatabase } from "../../src/local/database.ts";
import { startRealPostgres, type RealPostgres } from "../../src/local/real-postgres.ts";
import { runBatch, type Statement } from "../../src/local/sql-batch.ts";
import { skipsRealPostgres } from "../support/real-postgres.node.ts";
import { seedCalls } from "../support/raw-invocations.node.ts";
import { asApp, enter, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { standIn } from "../support/stand-in.ts";

// What is read before each decision, with the Worker's own statements, as its role, on a PostgreSQL server.

const skip = await skipsRealPostgres();
const { reader: orm } = databaseClient({ databaseUrl: "postgresql://app:secret@127.0.0.1:1/armalo", databaseEndpoint: undefined });
const calls = 20_000;

type Node = { readonly "Node Type": string; readonly "Relation Name"?: string; readonly Plans?: readonly Node[] };
type Explained = {
  readonly Plan: Node & { readonly "Shared Hit Blocks": number; readonly "Shared Read Blocks": number };
  readonly "Planning Time": number;
  readonly "Execution Time": number;
};
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const large = new Set(["invocations", "receipts", "audit_events"]);

/** What readGround asks of the database for a grant. */
async function statementsFor(orgId: string, agentId: string): Promise<Statement[]> {
  const asked: Statement[] = [];
  const read = (build: (db: ScopedDb) => readonly { toSQL(): { sql: string; params: unknown[] } }[]): never => {
    const queries = build({ orgId: proveOrgScope(orgId), orm });
    asked.push(...queries.map((query) => query.toSQL()).map(({ sql, params }) => statement(sql, ...params)));
    throw new Error("asked");
  };
  const context = standIn<Parameters<typeof readGround>[0]>({
    tenant: { orgId, actor: "key:test", repeatable: { operation: "grants.invoke", key: "k" }, read },
    principal: { agentId },
    now: new Date(),
  });
  const wanted = { requestDigest: "sha256:r", approvalId: undefined };
  await expect(readGround(context, { grantId: "grt_0000000000000000000007" }, wanted)).rejects.toThrow("asked");
  return asked;
}

describe.skipIf(skip)("what a decision reads, behind 20,000 calls of the agent, on a PostgreSQL server", () => {
  let server: RealPostgres;
  let app: LocalDatabase;
  let orgId: string;
  let agentId: string;
  beforeAll(async () => {
    server = await startRealPostgres({ fsync: false });
    app = await server.connectAs("armalo_app", 2);
    orgId = await newOrganization(server.owner.pool);
    agentId = await newAgent(app.pool, orgId);
    await asApp(app.pool, ...seedCalls(orgId, agentId, { calls, grants: 50 }));
    await server.owner.pool.query("vacuum analyze");
  }, 240_000);
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  it("is found by indexes, in few blocks, and by joins that are soon planned", async () => {
    const statements = await statementsFor(orgId, agentId);
    expect(statements).toHaveLength(12);
    const explained: Explained[] = [];
    for (const { query, params } of statements) {
      const batch = [enter(orgId), statement(`explain (analyze, buffers, format json) ${query}`, ...params)];
      const [, answer] = await runBatch(app.pool, {
        role: "armalo_app",
        statements: batch,
        isolation: "repeatable read",
        readOnly: true,
      });
      const [one]: Explained[] = JSON.parse(answer?.rows[0]?.[0] ?? "[]");
      explained.push(one ?? expect.fail("no plan"));
    }
    const sum = (of: (one: Explained) => number): number => explained.map(of).reduce((total, part) => total + part, 0);
    // Not asserted: how long it takes is the machine's.
    console.info(
      `planned in ${sum((one) => one["Planning Time"]).toFixed(1)} ms, run in ${sum((one) => one["Execution Time"]).toFixed(1)} ms`,
    );
    const nodes = explained.flatMap(({ Plan }) => nodesOf(Plan));
    expect(nodes.filter((node) => node["Node Type"] === "Seq Scan" && large.has(node["Relation Name"] ?? ""))).toEqual([]);
    expect(sum(({ Plan }) => Plan["Shared Hit Blocks"] + Plan["Shared Read Blocks"])).toBeLessThan(200);
    // Joins of more than a few tables take longer to plan than to run: no statement reads more than four.
    const tables = explained.map(({ Plan }) => nodesOf(Plan).filter((node) => node["Relation Name"] !== undefined).length);
    expect(Math.max(...tables)).toBeLessThan(6);
  });
});
