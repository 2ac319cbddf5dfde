import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveOrgScope } from "../../src/access/org-scope.ts";
import { databaseClient } from "../../src/db/client.ts";
import { selectException, selectExceptions } from "../../src/features/exceptions/store.ts";
import { subjectOf } from "../../src/features/exceptions/exception-id.ts";
import type { LocalDatabase } from "../../src/local/database.ts";
import { startRealPostgres, type RealPostgres } from "../../src/local/real-postgres.ts";
import { runBatch } from "../../src/local/sql-batch.ts";
import { skipsRealPostgres } from "../support/real-postgres.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";

// Lists stay cheap where there is much: measured with the Worker's own statement, as its role, on a PostgreSQL server.

const skip = await skipsRealPostgres();
const { writer: orm } = databaseClient({ databaseUrl: "postgresql://app:secret@127.0.0.1:1/armalo", databaseEndpoint: undefined });
const calls = 100_000;
const grants = 50;
/** Names of 22 digits that end in a number. */
const named = (prefix: string, n: string): string => `'${prefix}_' || lpad((${n})::text, 22, '0')`;

/** A day's calls a minute apart, of 50 grants: one in ten is denied, one in 40 failed, one in 1,000 unknown, the rest went well. */
const seedCalls = (orgId: string, agentId: string) => [
  enter(orgId),
  event(orgId),
  statement(
    `insert into capabilities (org_id, id, name, description, kind, status, version, credential_version, revision, created_at, updated_at)
       values ($1, 'cap_0000000000000000000001', 'cap', '', 'http', 'active', 1, 0, 1, now(), now())`,
    orgId,
  ),
  statement(
    `insert into policies (org_id, id, capability_id, name, activation, latest_version, revision, created_at, updated_at)
       values ($1, 'pol_0000000000000000000001', 'cap_0000000000000000000001', 'policy', 0, 1, 1, now(), now())`,
    orgId,
  ),
  statement(
    `insert into grants (org_id, id, agent_id, capability_id, policy_id, tool_name, budget, rate_per_minute, status, created_by, revision, created_at, updated_at)
       select $1, ${named("grt", "n")}, $2, 'cap_0000000000000000000001', 'pol_0000000000000000000001', 'tool_' || n, '{}', 60, 'active', 'member:test', 1,
              now(), now() from generate_series(1, ${grants}) n`,
    orgId,
    agentId,
  ),
  statement(
    `insert into receipts (org_id, id, agent_id, number, action, about, mode, disposition, effect, statement, dsse_signature, digest, kid, issued_at)
       select $1, ${named("rcp", "n")}, $2, n, 'grant.invoke', 'inv', 'production', 'executed', 'confirmed', 'a.b.c', 's', 'sha256:test', 'kid', now()
         from generate_series(1, ${calls}) n`,
    orgId,
    agentId,
  ),
  statement(
    `insert into invocations (org_id, id, grant_id, agent_id, capability_id, mode, decision, reasons, rule_ids, status, effect, basis, policy_id, policy_version,
                              request_digest, action_digest, receipt_id, cost_micros, budget_share, sealed_input, revision, created_at)
       select $1, ${named("inv", "n")}, ${named("grt", `1 + (n / 10) % ${grants}`)}, $2, 'cap_0000000000000000000001', 'production',
              case s.status when 'denied' then 'deny' else 'allow' end,
              (case s.status when 'denied' then '["denied_by_rule", "rate_exceeded"]' else '["allowed_by_rule"]' end)::jsonb, '[]', s.status,
              case s.status when 'denied' then null when 'executed' then 'confirmed' else s.status end, 'sha256:basis', 'pol_0000000000000000000001', 1,
              'sha256:r', 'sha256:a', ${named("rcp", "n")}, 0, (n % 100) / 100.0, repeat('x', 600), 1, now() - make_interval(secs => (${calls} - n) * 20)
         from generate_series(1, ${calls}) n
        cross join lateral (select case when n % 1000 = 7 then 'unknown' when n % 40 = 3 then 'failed' when n % 10 = 1 then 'denied' else 'executed' end) s (status)`,
    orgId,
    agentId,
  ),
];

type Node = {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly Plans?: readonly Node[];
};
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

describe.skipIf(skip)("runtime exceptions of 100,000 invocations, on a PostgreSQL server", () => {
  let server: RealPostgres;
  let app: LocalDatabase;
  let orgId: string;
  beforeAll(async () => {
    server = await startRealPostgres({ fsync: false });
    app = await server.connectAs("armalo_app", 4);
    orgId = await newOrganization(server.owner.pool);
    const agentId = await newAgent(app.pool, orgId);
    await asApp(app.pool, ...seedCalls(orgId, agentId));
    await server.owner.pool.query("vacuum analyze invocations, receipts, grants, agents");
  }, 240_000);
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  /** What the statement cost: the plan's nodes, and milliseconds. */
  async function explain(query: { toSQL(): { sql: string; params: unknown[] } }): Promise<{ nodes: Node[]; ms: number }> {
    const { sql, params } = query.toSQL();
    const statements = [enter(orgId), statement(`explain (analyze, format json) ${sql}`, ...params)];
    const [, answer] = await runBatch(app.pool, { role: "armalo_app", statements, isolation: "repeatable read", readOnly: true });
    const [[text]] = answer?.rows as [[string]];
    const [{ Plan: plan, "Execution Time": ms }] = JSON.parse(text);
    return { nodes: nodesOf(plan), ms };
  }
  const large = ["invocations", "receipts", "audit_events", "telemetry_events"];
  const scanned = (nodes: readonly Node[]) =>
    nodes.filter((node) => node["Node Type"] === "Seq Scan" && large.includes(node["Relation Name"] ?? ""));

  it("lists them without reading everything, in well under a second", async () => {
    const db = { orm, orgId: proveOrgScope(orgId) };
    const runs = [];
    for (let run = 0; run < 5; run += 1) runs.push(await explain(selectExceptions(db, { limit: 25 }, new Date())));
    const ms = Math.min(...runs.map((run) => run.ms));
    console.info(`a page of all kinds, of ${calls} invocations: ${ms.toFixed(0)} ms`);
    const nodes = runs.flatMap((run) => run.nodes);
    expect(nodes.some((node) => node["Relation Name"] === "invocations")).toBe(true);
    expect(scanned(nodes)).toEqual([]);
    expect(ms).toBeLessThan(1_000);
  });

  it("reads one of them from its grant's rows alone", async () => {
    const db = { orm, orgId: proveOrgScope(orgId) };
    const subject = subjectOf(`exc_d0${"0".repeat(20)}11`) ?? expect.fail("no such code");
    const { nodes, ms } = await explain(selectException(db, subject, new Date()));
    console.info(`one of them: ${ms.toFixed(1)} ms`);
    expect(scanned(nodes)).toEqual([]);
    expect(ms).toBeLessThan(200);
  });
});
