import { beforeAll, describe, expect, it } from "vitest";
import { deleteExpired, insertEvents, selectExpired, type NewEvent } from "../../src/features/telemetry/store.ts";
import { newId } from "../../src/platform/ids.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";
import { seedCalls } from "../support/raw-invocations.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { within } from "../support/worker-statements.node.ts";

// What agents tell stays cheap where there is much: with the Worker's own statements, as its role, on a PostgreSQL server.

const skip = await skipsRealPostgres();
const calls = 20_000;
const events = 20_000;

type Node = {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly Node[];
};
const nodesOf = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

describe.skipIf(skip)("telemetry beside many calls of one grant, on a PostgreSQL server", () => {
  const server = usePostgres(4);
  let orgId: string;
  let agentId: string;
  beforeAll(async () => {
    orgId = await newOrganization(server.owner);
    agentId = await newAgent(server.app, orgId);
    await asApp(server.app, ...seedCalls(orgId, agentId, { calls, grants: 1 }));
    await server.owner.query("vacuum analyze invocations, receipts, grants");
  }, 240_000);

  it("looks up the call that each of a hundred claims names, by identifier or receipt, and reads no others", async () => {
    const db = within(orgId);
    const claims = Array.from({ length: 100 }, (_, position): NewEvent => {
      const number = String(calls - position).padStart(22, "0");
      const byReceipt = position % 2 === 0;
      return {
        id: newId("telemetryEvent"),
        eventId: `e-${position}`,
        ...{ type: "tool_call", sessionId: "s", at: new Date(), position, tool: "tool_1", mode: "production", claimedRequestDigest: null },
        claimedInvocationId: byReceipt ? null : `inv_${number}`,
        claimedReceiptId: byReceipt ? `rcp_${number}` : null,
      };
    });
    const { sql, params } = insertEvents(db, agentId, claims, new Date()).getQuery();
    const answers = await asApp(
      server.app,
      enter(orgId),
      event(orgId),
      statement(`explain (analyze, format json) ${sql}`, ...params),
      statement("select count(matched_invocation_id) from telemetry_events"),
    );
    const [{ Plan: plan, "Execution Time": ms }] = JSON.parse(String(answers[2]?.rows[0]?.[0]));
    const read = nodesOf(plan)
      .filter((node) => node["Relation Name"] === "invocations")
      .reduce((sum, node) => sum + (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"], 0);
    console.info(`a hundred claims beside ${calls} calls: ${ms.toFixed(1)} ms, ${read} of them read`);
    expect(answers[3]?.rows).toEqual([["100"]]);
    expect(read).toBeLessThanOrEqual(200);
  });

  it("deletes what is past its time by an index, exactly what was counted, and nothing where another came first", async () => {
    await asApp(
      server.app,
      enter(orgId),
      event(orgId),
      statement(
        `insert into telemetry_events (org_id, id, agent_id, event_id, type, session_id, at, received_at, position)
           select $1, 'tel_' || lpad(n::text, 22, '0'), $2, 'e', 'session_start', 's', now(), now() - make_interval(days => 95, secs => -n), 0
             from generate_series(1, ${events}) n`,
        orgId,
        agentId,
      ),
    );
    await server.owner.query("vacuum analyze telemetry_events");
    const db = within(orgId);
    const asked = selectExpired(db, 2_000).toSQL();
    const [, found] = await asApp(server.app, enter(orgId), statement(asked.sql, ...asked.params));
    const [[at, id, counted] = []] = found?.rows ?? [];
    expect([id, Number(counted)]).toEqual([`tel_${String(2_000).padStart(22, "0")}`, 2_000]);
    const expired = { receivedAt: new Date(String(at)), id: String(id), events: Number(counted) };
    const remove = async (given: typeof expired) => {
      const { sql, params } = deleteExpired(db, given).toSQL();
      return asApp(server.app, enter(orgId), event(orgId), statement(`explain (analyze, format json) ${sql}`, ...params));
    };
    await expect(remove({ ...expired, events: 1_999 })).rejects.toMatchObject({ code: "AR409" });
    const [, , answer] = await remove(expired);
    const [{ Plan: plan, "Execution Time": ms }] = JSON.parse(String(answer?.rows[0]?.[0]));
    console.info(`2,000 of ${events} events: deleted in ${ms.toFixed(0)} ms`);
    expect(nodesOf(plan).filter((node: Node & { readonly "Node Type"?: string }) => node["Node Type"] === "Seq Scan")).toEqual([]);
    await expect(remove(expired)).rejects.toMatchObject({ code: "AR409" });
    expect(await asApp(server.app, enter(orgId), statement("select count(*) from telemetry_events where event_id = 'e'"))).toMatchObject([
      {},
      { rows: [[String(events - 2_000)]] },
    ]);
  });
});
