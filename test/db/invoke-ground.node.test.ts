import { beforeAll, describe, expect, it } from "vitest";
import type { ScopedDb } from "../../src/db/tenant-db.ts";
import { readGround } from "../../src/features/invocations/read-ground.ts";
import { runBatch, type Statement } from "../../src/local/sql-batch.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { seedCalls } from "../support/raw-invocations.node.ts";
import { asApp, enter, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { built, within } from "../support/worker-statements.node.ts";
import { standIn } from "../support/stand-in.ts";

// What is read before each decision, with the Worker's own statements, as its role, on a PostgreSQL server.

const skip = await skipsRealPostgres();
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
    const queries = build(within(orgId));
    asked.push(...queries.map(built));
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
  const server = usePostgres(2);
  let orgId: string;
  let agentId: string;
  beforeAll(async () => {
    orgId = await newOrganization(server.owner);
    agentId = await newAgent(server.app, orgId);
    await asApp(server.app, ...seedCalls(orgId, agentId, { calls, grants: 50 }));
    await server.owner.query("vacuum analyze");
  }, 240_000);

  it("is found by indexes, in few blocks, and by joins that are soon planned", async () => {
    const statements = await statementsFor(orgId, agentId);
    expect(statements).toHaveLength(12);
    const explained: Explained[] = [];
    for (const { query, params } of statements) {
      const batch = [enter(orgId), statement(`explain (analyze, buffers, format json) ${query}`, ...params)];
      const [, answer] = await runBatch(server.app, {
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
