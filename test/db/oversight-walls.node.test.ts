import { beforeAll, describe, expect, it } from "vitest";
import { insertHandling, updateHandling, type NewHandling } from "../../src/features/exceptions/store.ts";
import { insertEvents, type NewEvent } from "../../src/features/telemetry/store.ts";
import { addMember } from "../../src/local/admin/add-member.ts";
import { runBatch, type Statement } from "../../src/local/sql-batch.ts";
import { newId } from "../../src/platform/ids.ts";
import { seedCalls } from "../support/raw-invocations.node.ts";
import { asApp, enter, event, newAgent, newOrganization, statement } from "../support/raw-sql.node.ts";
import { built, within } from "../support/worker-statements.node.ts";
import { skipsRealPostgres, usePostgres } from "../support/real-postgres.node.ts";

// What holds whoever writes, and whoever writes at the same moment: the Worker's own statements, on a PostgreSQL server.

const skip = await skipsRealPostgres();
/** Of the query that `orm.execute` makes. */
const executed = (query: { getQuery(): { sql: string; params: unknown[] } }): Statement => {
  const { sql, params } = query.getQuery();
  return statement(sql, ...params);
};

describe.skipIf(skip)("oversight, on a PostgreSQL server", () => {
  const server = usePostgres();
  let orgId: string;
  let agentId: string;
  beforeAll(async () => {
    orgId = await newOrganization(server.owner);
    agentId = await newAgent(server.app, orgId);
    await asApp(server.app, ...seedCalls(orgId, agentId, { calls: 20, grants: 1 }));
  });

  const write = (statements: readonly Statement[], id = orgId) => asApp(server.app, enter(id), event(id), ...statements);
  const memberOf = async (id: string, name: string): Promise<string> => {
    const run = (statements: readonly Statement[]) => runBatch(server.owner, { role: "armalo_admin", statements });
    const memberId = await addMember(run, { orgId: id, email: `${name}@example.com`, name, role: "owner" });
    await write([statement("update members set status = 'active' where id = $1", memberId)], id);
    return memberId;
  };
  let names = 0;
  const handling = (given: Partial<NewHandling> = {}): NewHandling => ({
    id: `exc_f0${String((names += 1)).padStart(22, "0")}`,
    state: "open",
    ...{
      assigneeId: null,
      acknowledgedBy: null,
      acknowledgedAt: null,
      resolvedBy: null,
      resolvedAt: null,
      resolvedSeq: null,
      note: null,
      noteSalt: null,
    },
    ...{ createdAt: new Date(), updatedAt: new Date() },
    ...given,
  });
  const keep = (row: NewHandling) => write([built(insertHandling(within(orgId), row))]);
  const claim = (invocation: string | null, given: Partial<NewEvent> = {}): NewEvent => ({
    id: newId("telemetryEvent"),
    eventId: `e-${(names += 1)}`,
    ...{ type: "tool_call", sessionId: "s", at: new Date(), position: 0, tool: "tool_1", mode: "production" },
    ...{ claimedInvocationId: invocation, claimedReceiptId: null, claimedRequestDigest: null },
    ...given,
  });
  const tell = (...events: readonly NewEvent[]) => write([executed(insertEvents(within(orgId), agentId, events, new Date()))]);
  const invocation = (n: number): string => `inv_${String(n).padStart(22, "0")}`;
  const read = async (query: string, ...params: unknown[]): Promise<readonly unknown[]> =>
    (await asApp(server.app, enter(orgId), statement(query, ...params)))[1]?.rows ?? [];
  const matched = (id: string): Promise<readonly unknown[]> => read("select matched_invocation_id from telemetry_events where id = $1", id);

  it("has nobody but an active member of the organization as assignee", async () => {
    const [member, elsewhere] = [await memberOf(orgId, "ada"), await memberOf(await newOrganization(server.owner), "eve")];
    await keep(handling({ assigneeId: member }));
    await expect(keep(handling({ assigneeId: elsewhere }))).rejects.toMatchObject({ code: "AR409" });
    await memberOf(orgId, "keeper");
    const row = handling();
    await keep(row);
    await write([statement("update members set status = 'removed', removed_at = now() where id = $1", member)]);
    const assign = built(updateHandling(within(orgId), 1, { ...row, assigneeId: member }));
    await expect(write([assign])).rejects.toMatchObject({ code: "AR409" });
  });

  it("gives nothing to a member who is being removed at this moment", async () => {
    await memberOf(orgId, "grace");
    for (let round = 0; round < 10; round += 1) {
      const member = await memberOf(orgId, `leaver${round}`);
      const row = handling();
      await keep(row);
      const assign = built(updateHandling(within(orgId), 1, { ...row, assigneeId: member }));
      const seqOf = async (statements: readonly Statement[]): Promise<number> => {
        const answers = await write([...statements, statement("select max(seq) from audit_events")]);
        return Number(answers.at(-1)?.rows[0]?.[0]);
      };
      const [assigned, removed] = await Promise.allSettled([
        seqOf([assign]),
        seqOf([statement("update members set status = 'removed', removed_at = now() where id = $1", member)]),
      ]);
      expect(removed.status).toBe("fulfilled");
      if (assigned.status === "rejected") expect(assigned.reason).toMatchObject({ code: "AR409" });
      else if (removed.status === "fulfilled") expect(assigned.value).toBeLessThan(removed.value);
    }
  });

  it("keeps one of the first words of several people, and one of the later ones", async () => {
    const row = handling({ state: "acknowledged", acknowledgedBy: "member:ada", acknowledgedAt: new Date() });
    const firsts = await Promise.allSettled(Array.from({ length: 20 }, () => keep(row)));
    expect(firsts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const resolved = { ...row, state: "resolved", resolvedBy: "member:ada", resolvedAt: new Date(), resolvedSeq: 1 } as const;
    const laters = await Promise.allSettled(Array.from({ length: 20 }, () => write([built(updateHandling(within(orgId), 1, resolved))])));
    expect(laters.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(new Set(laters.flatMap((one) => (one.status === "rejected" ? [one.reason.code] : [])))).toEqual(new Set(["AR409"]));
  });

  it("takes no word of a key, no half of one, and forgets none", async () => {
    const at = new Date();
    const refused: Partial<NewHandling>[] = [
      { state: "acknowledged", acknowledgedBy: "key:k", acknowledgedAt: at },
      { state: "resolved", resolvedBy: "key:k", resolvedAt: at, resolvedSeq: 1 },
      { state: "acknowledged" },
      { state: "resolved", resolvedBy: "member:ada", resolvedAt: at },
      { note: "Done.", noteSalt: "salt" },
      { state: "resolved", resolvedBy: "member:ada", resolvedAt: at, resolvedSeq: 1, note: "Done." },
    ];
    for (const given of refused) await expect(keep(handling(given)), JSON.stringify(given)).rejects.toMatchObject({ code: "23514" });
    await keep(handling());
    await expect(server.owner.query("delete from runtime_exceptions")).rejects.toMatchObject({ code: "AR002" });
  });

  it("gives one invocation to one of those that claim it at the same moment", async () => {
    const claims = Array.from({ length: 24 }, () => claim(invocation(2)));
    await Promise.all(claims.map((one) => tell(one)));
    expect(await read("select id from telemetry_events where matched_invocation_id = $1", invocation(2))).toHaveLength(1);
  });

  it("takes an event once where it is told at the same moment, and numbers them itself", async () => {
    const told = [claim(null), claim(invocation(4), { position: 1 })];
    await Promise.all(Array.from({ length: 12 }, () => tell(...told)));
    const [first, second] = told.map(({ id }) => id);
    expect(await read("select event_seq > 0 from telemetry_events where id in ($1, $2)", first, second)).toEqual([["t"], ["t"]]);
    expect(await matched(second ?? "")).toEqual([[invocation(4)]]);
  });

  it("has no second claim of an invocation, no match that was not named, and no word taken back, whoever writes", async () => {
    const first = claim(invocation(5));
    await tell(first);
    expect(await matched(first.id)).toEqual([[invocation(5)]]);
    const forge = (found: string, named: string) =>
      write([
        statement(
          `insert into telemetry_events (org_id, id, agent_id, event_id, type, session_id, at, received_at, position, tool, mode, claimed_invocation_id, matched_invocation_id)
             values ($1, $2, $3, 'forged', 'tool_call', 's', now(), now(), 0, 'tool_1', 'production', $4, $5)`,
          ...[orgId, newId("telemetryEvent"), agentId, named, found],
        ),
      ]);
    await expect(forge(invocation(5), invocation(5))).rejects.toMatchObject({ code: "23505" });
    await expect(forge(invocation(6), invocation(7))).rejects.toMatchObject({ code: "23514" });
    await expect(forge("inv_none", "inv_none")).rejects.toMatchObject({ code: "23503" });
    const [change, remove] = ["update telemetry_events set tool = 'x'", "delete from telemetry_events where org_id = $1"];
    await expect(server.owner.query(change)).rejects.toMatchObject({ code: "AR002" });
    await expect(write([statement(change)])).rejects.toMatchObject({ code: "42501" });
    await expect(write([statement(remove, orgId)])).rejects.toMatchObject({ code: "AR002" });
  });

  it("deletes what was told 90 days ago, with an event, and nothing before that", async () => {
    const id = await newOrganization(server.owner);
    const teller = await newAgent(server.app, id);
    const aged = (name: string, age: string) =>
      write(
        [
          statement(
            `insert into telemetry_events (org_id, id, agent_id, event_id, type, session_id, at, received_at, position)
               values ($1, $2, $3, $4, 'session_start', 's', now(), now() - $5::interval, 0)`,
            ...[id, newId("telemetryEvent"), teller, name, age],
          ),
        ],
        id,
      );
    await aged("old", "90 days 1 second");
    await aged("young", "89 days 23:59:00");
    const remove = (name: string) => statement("delete from telemetry_events where org_id = $1 and event_id = $2", id, name);
    const due = async () => (await asApp(server.app, statement("select org_id from app.due_telemetry(500)")))[0]?.rows;
    expect(await due()).toEqual([]);
    await expect(asApp(server.app, enter(id), remove("old"))).rejects.toMatchObject({ code: "AR001" });
    await expect(write([remove("young")], id)).rejects.toMatchObject({ code: "AR002" });
    await write([remove("old")], id);
    await aged("older", "91 days 1 second");
    expect(await due()).toEqual([[id]]);
    await expect(write([statement("delete from telemetry_events where org_id = $1", id)])).rejects.toMatchObject({ code: "AR409" });
    const ask = (query: string) => runBatch(server.app, { role: "armalo_system", statements: [statement(query)] });
    await expect(ask("select event_id from telemetry_events")).rejects.toBeDefined();
  });
});
