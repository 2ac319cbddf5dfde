import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveOrgScope } from "../../src/access/org-scope.ts";
import { databaseClient } from "../../src/db/client.ts";
import { selectException, selectExceptions } from "../../src/features/exceptions/store.ts";
import { subjectOf } from "../../src/features/exceptions/exception-id.ts";
import type { LocalDatabase } from "../../src/local/database.ts";
import { startRealPostgres, type RealPostgres } from "../../src/local/real-postgres.ts";
import { runBatch } from "../../src/local/sql-batch.ts";
import { skipsRealPostgres } from "../support/real-postgres.node.ts";
import { seedCalls } from "../support/raw-invocations.node.ts";
import { asApp, enter, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

// Lists stay cheap where there is much: measured with the Worker's own statement, as its role, on a PostgreSQL server.

const skip = await skipsRealPostgres();
const { writer: orm } = databaseClient({ databaseUrl: "postgresql://app:secret@127.0.0.1:1/armalo", databaseEndpoint: undefined });
const calls = 100_000;
/** Its place in what the statement answers. */
const lastSeen = 6;

type Node = {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly Plans?: readonly Node[];
};
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];
const large = ["invocations", "receipts", "audit_events", "telemetry_events"];
const scanned = (nodes: readonly Node[]) =>
  nodes.filter((node) => node["Node Type"] === "Seq Scan" && large.includes(node["Relation Name"] ?? ""));
/** Rows of invocations that were read. */
const readOf = (nodes: readonly Node[]): number =>
  nodes
    .filter((node) => node["Relation Name"] === "invocations")
    .reduce((sum, node) => sum + node["Actual Rows"] * node["Actual Loops"], 0);

describe.skipIf(skip)("runtime exceptions of 100,000 invocations, on a PostgreSQL server", () => {
  let server: RealPostgres;
  let app: LocalDatabase;
  let orgId: string;
  beforeAll(async () => {
    server = await startRealPostgres({ fsync: false });
    app = await server.connectAs("armalo_app", 4);
    orgId = await newOrganization(server.owner.pool);
    const agentId = await newAgent(app.pool, orgId);
    await asApp(app.pool, ...seedCalls(orgId, agentId, { calls, grants: 50 }));
    await server.owner.pool.query("vacuum analyze invocations, receipts, grants, agents");
  }, 240_000);
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  const deniedOnly = async (given: { readonly calls: number; readonly grants: number }): Promise<string> => {
    const id = await newOrganization(server.owner.pool);
    await asApp(app.pool, ...seedCalls(id, await newAgent(app.pool, id), { ...given, allDenied: true }));
    await server.owner.pool.query("vacuum analyze invocations, receipts, grants, agents");
    return id;
  };

  /** What the statement cost: the plan's nodes, and milliseconds. */
  async function explain(query: { toSQL(): { sql: string; params: unknown[] } }, id = orgId): Promise<{ nodes: Node[]; ms: number }> {
    const { sql, params } = query.toSQL();
    const statements = [enter(id), statement(`explain (analyze, format json) ${sql}`, ...params)];
    const [, answer] = await runBatch(app.pool, { role: "armalo_app", statements, isolation: "repeatable read", readOnly: true });
    const [{ Plan: plan, "Execution Time": ms }] = JSON.parse(answer?.rows[0]?.[0] ?? "[]");
    return { nodes: nodesOf(plan), ms };
  }

  it("lists them from indexes, reading little but what is exceptional", async () => {
    const db = { orm, orgId: proveOrgScope(orgId) };
    const runs = [];
    for (let run = 0; run < 5; run += 1) runs.push(await explain(selectExceptions(db, { limit: 25 }, new Date())));
    const read = readOf(runs[0]?.nodes ?? []);
    // Not asserted: how long it takes is the machine's.
    console.info(
      `a page of all kinds, of ${calls} invocations: ${Math.min(...runs.map(({ ms }) => ms)).toFixed(0)} ms, ${read} of them read`,
    );
    expect(runs.flatMap(({ nodes }) => scanned(nodes))).toEqual([]);
    expect(read).toBeGreaterThan(12_000);
    expect(read).toBeLessThan(calls / 4);
  });

  it("reads one of them from its grant's rows alone", async () => {
    const db = { orm, orgId: proveOrgScope(orgId) };
    const subject = subjectOf(`exc_d0${"0".repeat(20)}11`) ?? expect.fail("no such code");
    const { nodes, ms } = await explain(selectException(db, subject, new Date()));
    console.info(`one of them: ${ms.toFixed(1)} ms, ${readOf(nodes)} invocations read`);
    expect(scanned(nodes)).toEqual([]);
    // And one, to learn what they were denied for.
    expect(readOf(nodes)).toBe(200 + 1);
  });

  it("pages through those of 200 grants and 50,000 denials without a gap or a repeat", async () => {
    const id = await deniedOnly({ calls: 50_000, grants: 200 });
    const db = { orm, orgId: proveOrgScope(id) };
    const now = new Date();
    const seen: string[] = [];
    for (let cursor: { at: Date; id: string } | undefined, more = true; more;) {
      const { sql, params } = selectExceptions(db, { limit: 100, cursor, kind: "denial" }, now).toSQL();
      const [, answer] = await asApp(app.pool, enter(id), statement(sql, ...params));
      const rows = answer?.rows ?? [];
      seen.push(...rows.slice(0, 100).map(([one]) => String(one)));
      const last = rows[99];
      more = rows.length > 100;
      cursor = last === undefined ? undefined : { id: String(last[0]), at: new Date(String(last[lastSeen])) };
    }
    expect([seen.length, new Set(seen).size]).toEqual([400, 400]);
    const { nodes, ms } = await explain(selectExceptions(db, { limit: 25 }, now), id);
    console.info(`a page of all kinds, of 200 grants and 50,000 denials: ${ms.toFixed(0)} ms, ${readOf(nodes)} invocations read`);
    expect(scanned(nodes)).toEqual([]);
    expect(readOf(nodes)).toBeLessThan(2 * 50_000);
  });

  it("reads of one grant no more than the newest of each combination of reasons, however many there are", async () => {
    const id = await deniedOnly({ calls: 20_000, grants: 1 });
    const db = { orm, orgId: proveOrgScope(id) };
    const { nodes, ms } = await explain(selectExceptions(db, { limit: 25 }, new Date()), id);
    console.info(`a page of all kinds, of one grant and 20,000 denials: ${ms.toFixed(0)} ms, ${readOf(nodes)} invocations read`);
    expect(scanned(nodes)).toEqual([]);
    expect(readOf(nodes)).toBeLessThan(5_000);
  });
});
