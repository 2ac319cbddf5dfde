import { neon, NeonDbError, neonConfig } from "@neondatabase/serverless";
import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSqlServer, type SqlServer } from "../../src/local/sql-server.ts";
import { openTestDatabase } from "../support/harness-database.node.ts";
import { newOrganization } from "../support/raw-sql.node.ts";

let server: SqlServer;
let close: () => Promise<void>;
let orgId: string;

beforeAll(async () => {
  const database = await openTestDatabase();
  orgId = await newOrganization(database.pool);
  server = await startSqlServer({ pool: database.pool, passwords: { armalo_app: "right", armalo_empty: "" } });
  neonConfig.fetchEndpoint = server.endpoint;
  close = async () => {
    await server.close();
    await database.close();
  };
});
afterAll(() => close());

const driver = (): ReturnType<typeof neon<false, false>> => neon(server.connectionString("armalo_app"));

/** As `fetch` would, but with whatever Host. */
async function post(headers: Record<string, string>, body: string, path = "/sql"): Promise<{ status: number }> {
  const outgoing = request(new URL(path, server.endpoint).href, { method: "POST", headers });
  outgoing.end(body);
  const [response]: IncomingMessage[] = await once(outgoing, "response");
  response?.resume();
  return { status: response?.statusCode ?? 0 };
}

describe("the local /sql server, asked by Neon's own driver", () => {
  it("answers a query with typed values", async () => {
    const sql = driver();
    const rows =
      await sql`select ${1}::int as number, ${"é"} as text, ${null}::text as nothing, true as yes, '{"a":1}'::jsonb as json, now() as at`;
    expect(rows).toEqual([{ number: 1, text: "é", nothing: null, yes: true, json: { a: 1 }, at: expect.any(Date) }]);
  });

  it("runs a single query as the role that the connection string names", async () => {
    const sql = driver();
    expect(await sql`select current_user as role`).toEqual([{ role: "armalo_app" }]);
    await expect(sql`select * from audit_heads`).rejects.toMatchObject({ code: "42501" });
  });

  it("runs a batch as one transaction in which the first statement's setting holds, and not beyond", async () => {
    const sql = driver();
    const [, inside] = await sql.transaction([sql`select app.enter(${orgId}, ${"key:a"}, ${"req_1"})`, sql`select id from organizations`]);
    expect(inside).toEqual([{ id: orgId }]);
    expect(await sql`select id from organizations`).toEqual([]);
  });

  it("undoes a batch of which one statement failed", async () => {
    const sql = driver();
    const event = sql`insert into audit_events (org_id, id, action, resource, change) values (${orgId}, 'aud_undone', 'agent.created', 'r', 'c')`;
    await expect(sql.transaction([sql`select app.enter(${orgId}, ${"key:a"}, ${"req_1"})`, event, sql`select 1 / 0`])).rejects.toThrow(
      "division by zero",
    );
    const [, found] = await sql.transaction([
      sql`select app.enter(${orgId}, ${"key:a"}, ${"req_1"})`,
      sql`select id from audit_events where id = 'aud_undone'`,
    ]);
    expect(found).toEqual([]);
  });

  it("honours the isolation level, read-only and deferrable modes of a batch", async () => {
    const sql = driver();
    const ask = [
      sql`select current_setting('transaction_isolation') as level, current_setting('transaction_read_only') as read_only, current_setting('transaction_deferrable') as deferrable`,
    ];
    const [asked] = await sql.transaction(ask, { isolationLevel: "Serializable", readOnly: true, deferrable: true });
    expect(asked).toEqual([{ level: "serializable", read_only: "on", deferrable: "on" }]);
    const [plain] = await sql.transaction(ask);
    expect(plain).toEqual([{ level: "read committed", read_only: "off", deferrable: "off" }]);
  });

  it("answers an error with its code, constraint and table", async () => {
    const sql = driver();
    const event = () =>
      sql`insert into audit_events (org_id, id, action, resource, change) values (${orgId}, 'aud_twice', 'agent.created', 'r', 'c')`;
    const failure = await sql
      .transaction([sql`select app.enter(${orgId}, ${"key:a"}, ${"req_1"})`, event(), event()])
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(NeonDbError);
    expect(failure).toMatchObject({ code: "23505", severity: "ERROR", table: "audit_events", constraint: "audit_events_id" });
  });

  it("takes one statement at a time, as Neon does", async () => {
    await expect(driver().query("select 1; select 2")).rejects.toMatchObject({ code: "42601" });
  });

  it("serves many at once", async () => {
    const sql = driver();
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => sql`select ${index}::int as n`));
    expect(answers.map(([row]) => row?.["n"])).toEqual(Array.from({ length: 50 }, (_, index) => index));
  });
});

describe("the local /sql server, asked by anybody else", () => {
  const query = JSON.stringify({ query: "select 1", params: [] });
  const headers = (connectionString: string): Record<string, string> => ({ "neon-connection-string": connectionString });

  it.for([
    ["no connection string", {}],
    ["a wrong password", headers("postgresql://armalo_app:wrong@127.0.0.1/armalo")],
    ["no password", headers("postgresql://armalo_app@127.0.0.1/armalo")],
    ["a role that has no password", headers("postgresql://armalo_empty:@127.0.0.1/armalo")],
    ["a role that it does not know", headers("postgresql://postgres:right@127.0.0.1/armalo")],
    ["a role of every object's prototype", headers("postgresql://constructor:right@127.0.0.1/armalo")],
    ["something that is no address", headers("right")],
  ] as const)("refuses %s", async ([, sent]) => {
    expect((await post({ ...sent }, query)).status).toBe(401);
  });

  it("refuses a request that a browser was tricked into, by its Host", async () => {
    const sent = { ...headers(server.connectionString("armalo_app")), host: "attacker.example" };
    expect((await post(sent, query)).status).toBe(421);
  });

  it.for([
    ["a body that is not JSON", "{"],
    ["a body without a query", "{}"],
    ["an empty batch", '{"queries":[]}'],
  ] as const)("refuses %s", async ([, body]) => {
    expect((await post(headers(server.connectionString("armalo_app")), body)).status).toBe(422);
  });

  it("refuses an isolation level that does not exist, and any other path", async () => {
    const right = headers(server.connectionString("armalo_app"));
    const batch = JSON.stringify({ queries: [{ query: "select 1", params: [] }] });
    expect((await post({ ...right, "neon-batch-isolation-level": "Loose; drop table agents" }, batch)).status).toBe(422);
    expect((await post(right, query, "/")).status).toBe(404);
  });
});
