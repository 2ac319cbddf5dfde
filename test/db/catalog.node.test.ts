import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type pg from "pg";
import { openTestDatabase } from "../support/harness-database.node.ts";

// What holds for every table, also for those that a later migration adds: the tests read the catalog, not a list.

/** Tables whose rows are by-products, written without an event. */
const unaudited = ["audit_events", "log_checkpoints", "request_failures", "score_upkeep", "security_events"];
/** Queued with an event; how they fare is a by-product. */
const queued = ["notices", "webhook_deliveries", "webhook_events", "webhook_health"];
/** Of these, the one whose rows change. */
const bookkeeping = "score_upkeep";
/** Written with an event and never changed; the purge deletes what is past its time. */
const purged = "idempotent_answers";
/** The numbering of the log: no role has any right to it. */
const outOfReach = "audit_heads";

let pool: pg.Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openTestDatabase()));
afterAll(() => close());

const column = async (query: string, ...params: unknown[]): Promise<unknown[]> =>
  (await pool.query({ text: query, values: params, rowMode: "array" })).rows.map(([value]) => value);

const tenantTables = (): Promise<unknown[]> =>
  column(
    `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relname <> $1
        and exists (select from pg_attribute where attrelid = c.oid and attname = 'org_id' and not attisdropped) order by 1`,
    outOfReach,
  );

const tablesWithTrigger = (name: string): Promise<unknown[]> =>
  column(
    `select c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
      where t.tgname = $1 and t.tgenabled = 'O' and c.relname not in ('organizations', 'platform_suites') order by 1`,
    name,
  );

describe("every table that holds rows of organizations", () => {
  it("is one of those that we know, or is noticed here", async () => {
    expect((await tenantTables()).length).toBeGreaterThanOrEqual(14);
    const others = await column(
      `select relname from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
          and not exists (select from pg_attribute where attrelid = c.oid and attname = 'org_id' and not attisdropped) order by 1`,
    );
    expect(others).toEqual(["organizations", "platform_suites"]);
  });

  it("has row security enabled and forced", async () => {
    const fenced = await column(
      "select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity and relforcerowsecurity order by 1",
    );
    expect(fenced).toEqual([...(await tenantTables()), "organizations"].toSorted());
  });

  it("has a policy for reading and one for writing, on the organization that was entered, for the two roles alone", async () => {
    const { rows } = await pool.query(
      "select tablename, cmd, permissive, roles::text[], qual, with_check from pg_policies where policyname = 'tenant' order by tablename",
    );
    expect(rows.map(({ tablename }) => tablename)).toEqual([...(await tenantTables()), "organizations"].toSorted());
    for (const { tablename, cmd, permissive, roles, qual, with_check: check } of rows) {
      const own = tablename === "organizations" ? "id" : "org_id";
      const rule = `(${own} = ( SELECT app.org() AS org))`;
      expect({ tablename, cmd, permissive, roles: roles.toSorted(), qual, check }).toEqual({
        tablename,
        cmd: "ALL",
        permissive: "PERMISSIVE",
        roles: ["armalo_admin", "armalo_app"],
        qual: rule,
        check: rule,
      });
    }
  });

  it("has no other policy for a role that can sign in", async () => {
    const others = await pool.query("select distinct roles::text from pg_policies where policyname <> 'tenant'");
    expect(others.rows).toEqual([{ roles: "{armalo_system}" }]);
  });

  it("refuses unaudited changes and changes that match nothing, unless it is a by-product", async () => {
    const guarded = (await tenantTables()).filter((table) => !unaudited.includes(String(table)));
    expect(await tablesWithTrigger("audited")).toEqual(guarded);
    const changeable = guarded.filter((table) => table !== purged && !queued.includes(String(table)));
    expect(await tablesWithTrigger("matched_update")).toEqual([...changeable, bookkeeping].toSorted());
    expect(await tablesWithTrigger("matched_delete")).toEqual(changeable);
  });

  it("begins its primary key with the organization", async () => {
    const first = await column(
      `select c.relname from pg_index i join pg_class c on c.oid = i.indrelid
         join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
        where i.indisprimary and c.relnamespace = 'public'::regnamespace and a.attname = 'org_id' and c.relname <> $1 order by 1`,
      outOfReach,
    );
    expect(first).toEqual(await tenantTables());
  });

  it("points at other tables of organizations by (org_id, …) only, and by a key wherever it names a row", async () => {
    const loose = await column(
      `select conname from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace
          and confrelid <> 'organizations'::regclass
          and 'org_id' <> (select attname from pg_attribute where attrelid = conrelid and attnum = conkey[1])`,
    );
    expect(loose).toEqual([]);
    const unkeyed = await column(
      `select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not a.attisdropped
          and a.attname in ('agent_id', 'run_id', 'pact_id', 'lineage_id', 'replaces_id', 'eval_run_id', 'receipt_id', 'attestation_id')
          and (c.relname, a.attname) <> ('evidence', 'run_id') -- eval_run_id and receipt_id, generated from it, hold it
          and (c.relname, a.attname) not in (('pact_cosignatures', 'pact_id'), ('pact_cosignatures', 'lineage_id'),
                                             ('ratings', 'receipt_id'), ('ratings', 'agent_id')) -- another organization's
          and not exists (select from pg_constraint where contype = 'f' and conrelid = c.oid and a.attnum = any (conkey))`,
    );
    expect(unkeyed).toEqual([]);
  });
});

describe("the roles", () => {
  it("are bound by row security, own nothing, and only one of them can sign in", async () => {
    const { rows } = await pool.query(
      `select rolname, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb as mighty, rolcanlogin,
              exists (select from pg_class where relowner = r.oid) as owns
         from pg_roles r where rolname like 'armalo%' order by 1`,
    );
    expect(rows).toEqual([
      { rolname: "armalo_admin", mighty: false, rolcanlogin: false, owns: false },
      { rolname: "armalo_app", mighty: false, rolcanlogin: true, owns: false },
      { rolname: "armalo_system", mighty: false, rolcanlogin: false, owns: false },
    ]);
  });

  it("have no right to the numbering of the log, nor any to change or delete what is only ever added", async () => {
    const granted = (privilege: string): Promise<unknown[]> =>
      column(
        `select c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
            and has_table_privilege('armalo_app', c.oid, $1) order by 1`,
        privilege,
      );
    expect(await granted("update")).toEqual(["agents", "eval_runs", "pacts"]);
    const columns = await pool.query(
      "select column_name from information_schema.column_privileges where grantee = 'armalo_app' and privilege_type = 'UPDATE' and table_name = 'api_keys' order by 1",
    );
    expect(columns.rows.map(({ column_name: name }) => name)).toEqual(["expires_at", "revoked_at"]);
    expect(await granted("delete")).toEqual(["member_profiles", "telemetry_events"]);
    expect(await granted("truncate")).toEqual([]);
    expect(await granted("select, insert, update, delete, truncate")).not.toContain(outOfReach);
  });

  it("may call no function beyond those that are meant for them, and the public may call none", async () => {
    const callable = (role: string): Promise<unknown[]> =>
      column(
        "select proname from pg_proc where pronamespace = 'app'::regnamespace and has_function_privilege($1, oid, 'execute') order by 1",
        role,
      );
    expect(await callable("armalo_app")).toEqual([
      "cosigned_pact_state",
      "cosigners",
      "due_approvals",
      "due_scores",
      "due_telemetry",
      "due_webhooks",
      "enter",
      "enter_offer",
      "enter_public",
      "enter_public_or_own",
      "enter_public_pact",
      "enter_received",
      "enter_share",
      "enter_sold_panel",
      "find_offer",
      "find_public_agent",
      "find_public_pact",
      "find_received",
      "find_share",
      "find_sold_panel",
      "key_history",
      "known_as",
      "lapsed_subscriptions",
      "linked_org",
      "log_head",
      "memberships",
      "open_runs",
      "org",
      "owner_group",
      "platform",
      "purge",
      "purge_webhooks",
      "queue_events",
      "ready",
      "received_cosignature",
      "received_rating",
      "room_org",
      "status_list",
      "uncounted_effects",
      "unlogged",
      "unnoted_offers",
      "unnoted_ratings",
      "withdrawn_cosignatures",
    ]);
    expect(await callable("armalo_admin")).toEqual([
      "enter",
      "key_history",
      "org",
      "organization_ids",
      "organization_of_panel",
      "owner_group",
      "platform",
      "queue_events",
    ]);
    const open = await column("select proname from pg_proc where pronamespace = 'app'::regnamespace and proacl is null");
    expect(open).toEqual([]);
  });

  it("cannot be fooled by a search path: every function that runs as another role names its own", async () => {
    const unsafe = await column(
      "select proname from pg_proc where pronamespace = 'app'::regnamespace and prosecdef and not coalesce(proconfig::text ilike '%search_path=pg_catalog, pg_temp%', false)",
    );
    expect(unsafe).toEqual([]);
  });
});
