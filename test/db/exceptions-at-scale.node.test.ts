import { beforeAll, describe, expect, it } from "vitest";
import { selectException, selectExceptions } from "../../src/features/exceptions/store.ts";
import { subjectOf } from "../../src/features/exceptions/exception-id.ts";
import { runBatch } from "../../src/local/sql-batch.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { seedCalls } from "../support/raw-invocations.node.ts";
import { asApp, enter, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { within } from "../support/worker-statements.node.ts";

// Lists stay cheap where there is much: measured with the Worker's own statement, as its role, on a PostgreSQL server.

const skip = await skipsRealPostgres();
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
  const server = usePostgres(4);
  let orgId: string;
  beforeAll(async () => {
    orgId = await newOrganization(server.owner);
    const agentId = await newAgent(server.app, orgId);
    await asApp(server.app, ...seedCalls(orgId, agentId, { calls, grants: 50 }));
    await server.owner.query("vacuum analyze invocations, receipts, grants, agents");
  }, 240_000);

  const deniedOnly = async (given: { readonly calls: number; readonly grants: number }): Promise<string> => {
    const id = await newOrganization(server.owner);
    await asApp(server.app, ...seedCalls(id, await newAgent(server.app, id), { ...given, allDenied: true }));
    await server.owner.query("vacuum analyze invocations, receipts, grants, agents");
    return id;
  };

  /** What the statement cost: the plan's nodes, and milliseconds. */
  async function explain(query: { toSQL(): { sql: string; params: unknown[] } }, id = orgId): Promise<{ nodes: Node[]; ms: number }> {
    const { sql, params } = query.toSQL();
    const statements = [enter(id), statement(`explain (analyze, format json) ${sql}`, ...params)];
    const [, answer] = await runBatch(server.app, { role: "armalo_app", statements, isolation: "repeatable read", readOnly: true });
    const [{ Plan: plan, "Execution Time": ms }] = JSON.parse(answer?.rows[0]?.[0] ?? "[]");
    return { nodes: nodesOf(plan), ms };
  }

  it("lists them from indexes, reading little but what is exceptional", async () => {
    const db = within(orgId);
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
    const db = within(orgId);
    const subject = subjectOf(`exc_d0${"0".repeat(20)}11`) ?? expect.fail("no such code");
    const { nodes, ms } = await explain(selectException(db, subject, new Date()));
    console.info(`one of them: ${ms.toFixed(1)} ms, ${readOf(nodes)} invocations read`);
    expect(scanned(nodes)).toEqual([]);
    // And one, to learn what they were denied for.
    expect(readOf(nodes)).toBe(200 + 1);
  });

  it("pages through those of 200 grants and 50,000 denials without a gap or a repeat", async () => {
    const id = await deniedOnly({ calls: 50_000, grants: 200 });
    const db = within(id);
    const now = new Date();
    const seen: string[] = [];
    for (let cursor: { at: Date; id: string } | undefined, more = true; more;) {
      const { sql, params } = selectExceptions(db, { limit: 100, cursor, kind: "denial" }, now).toSQL();
      const [, answer] = await asApp(server.app, enter(id), statement(sql, ...params));
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
    const db = within(id);
    const { nodes, ms } = await explain(selectExceptions(db, { limit: 25 }, new Date()), id);
    console.info(`a page of all kinds, of one grant and 20,000 denials: ${ms.toFixed(0)} ms, ${readOf(nodes)} invocations read`);
    expect(scanned(nodes)).toEqual([]);
    expect(readOf(nodes)).toBeLessThan(5_000);
  });
});
