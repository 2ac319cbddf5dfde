import { parseJson, type JsonValue } from "../crypto/canonical-json.ts";
import { utf8 } from "../crypto/encoding.ts";
import type { Counters, LedgerAddress, OverdueEntry, Proposal } from "./ledger.ts";
import type { GrantMode } from "./mode.ts";
import { countersOf, noUsage, usageAt, withoutUse, withUse, type Usage } from "./usage.ts";

const minuteMs = 60_000;

type Use = Pick<Proposal, "invocationId" | "mode" | "basis" | "costMicros">;
type Hold = Use & Pick<Proposal, "idempotencyKey" | "at" | "deadlineMs" | "recovery">;
type UsageRow = { total: number; day: number; today: number; spent_today: number; month: number; this_month: number; spent_month: number };

/**
 * The ledger's durable memory: the object's own SQLite. A write here holds back the answer until it is safe. It holds one row of counters a
 * mode, the calls of the last minute and what is reserved and unsettled: nothing grows with what was done.
 */
export function ledgerStore(storage: DurableObjectStorage) {
  const { sql, kv } = storage;
  sql.exec(`
    create table if not exists usage (
      mode text primary key, basis text not null, total integer not null, day integer not null, today integer not null,
      spent_today integer not null, month integer not null, this_month integer not null, spent_month integer not null) without rowid;
    create table if not exists moments (mode text not null, at integer not null, calls integer not null, primary key (mode, at)) without rowid;
    create table if not exists reservations (
      invocation_id text primary key, idempotency_key text, at integer not null, day integer not null, month integer not null,
      cost integer, deadline integer, attempts integer not null, recovery text not null) without rowid;
    create index if not exists reservations_key on reservations (idempotency_key) where idempotency_key is not null;
    create index if not exists reservations_due on reservations (deadline) where deadline is not null;
  `);

  /** Counters of production never begin anew; those of simulation do with each new basis: what is tried out is another thing then. */
  const usageOf = (mode: GrantMode, basis: string | undefined, at: number): Usage => {
    const [row] = sql
      .exec<UsageRow & { basis: string }>(
        "select basis, total, day, today, spent_today, month, this_month, spent_month from usage where mode = ?",
        mode,
      )
      .toArray();
    const isFresh = row === undefined || (mode === "simulation" && basis !== undefined && row.basis !== basis);
    return usageAt(isFresh ? noUsage : readUsage(row), at);
  };
  const keepUsage = (mode: GrantMode, basis: string, usage: Usage): void => {
    const { total, day, today, spentToday, month, thisMonth, spentMonth } = usage;
    const row = [mode, basis, total, day, today, spentToday, month, thisMonth, spentMonth];
    sql.exec("insert or replace into usage values (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...row);
  };
  const callsSince = (mode: GrantMode, at: number): number =>
    sql.exec<{ calls: number }>("select coalesce(sum(calls), 0) as calls from moments where mode = ? and at > ?", mode, at).one().calls;
  const find = (invocationId: string) =>
    sql
      .exec<{ day: number; month: number; cost: number | null }>(
        "select day, month, cost from reservations where invocation_id = ?",
        invocationId,
      )
      .toArray()[0];
  const drop = (invocationId: string): void => void sql.exec("delete from reservations where invocation_id = ?", invocationId);

  return {
    isRevoked: (): boolean => kv.get<boolean>("revoked") === true,
    revoke: (): void => kv.put("revoked", true),
    address: (): LedgerAddress | undefined => kv.get<LedgerAddress>("address"),
    keepAddress: (address: LedgerAddress): void => kv.put("address", address),

    counters: (mode: GrantMode, basis: string | undefined, at: number): Counters =>
      countersOf(usageOf(mode, basis, at), callsSince(mode, at - minuteMs)),

    unsettled: (): number => sql.exec<{ held: number }>("select count(*) as held from reservations").one().held,
    /** The invocation that holds a reservation under the same key, or is this one. */
    holderOf: ({ invocationId, idempotencyKey }: Pick<Proposal, "invocationId" | "idempotencyKey">): string | undefined =>
      sql
        .exec<{ id: string }>(
          "select invocation_id as id from reservations where invocation_id = ? or idempotency_key = ? limit 1",
          invocationId,
          idempotencyKey,
        )
        .toArray()[0]?.id,

    /** Counts a call against the rate. What no window reaches any more is dropped with it. */
    countCall: (mode: GrantMode, at: number): void => {
      sql.exec("delete from moments where at <= ?", at - minuteMs);
      sql.exec("insert into moments values (?, ?, 1) on conflict (mode, at) do update set calls = calls + 1", mode, at);
    },
    /** Uses budget for good. */
    use: ({ mode, basis, costMicros }: Use, at: number): void => keepUsage(mode, basis, withUse(usageOf(mode, basis, at), costMicros ?? 0)),
    /** Uses budget, and remembers for what until that is settled. */
    hold: ({ mode, basis, costMicros, ...held }: Hold, at: number): void => {
      const usage = withUse(usageOf(mode, basis, at), costMicros ?? 0);
      keepUsage(mode, basis, usage);
      const { invocationId, idempotencyKey, deadlineMs, recovery } = held;
      const row = [invocationId, idempotencyKey, held.at, usage.day, usage.month, costMicros, deadlineMs, 0, JSON.stringify(recovery)];
      sql.exec("insert into reservations values (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...row);
    },

    /** What was reserved is used. Nothing where it was settled before. */
    spend: drop,
    /** What was reserved is given back. Nothing where it was settled before. */
    release: (invocationId: string, at: number): void => {
      const held = find(invocationId);
      if (held === undefined) return;
      const { day, month, cost } = held;
      const [row] = sql.exec<{ basis: string }>("select basis from usage where mode = 'production'").toArray();
      keepUsage("production", row?.basis ?? "", withoutUse(usageOf("production", undefined, at), { day, month, costMicros: cost ?? 0 }));
      drop(invocationId);
    },
    /** What was reserved stays so until somebody settles it; it is overdue no more. */
    keepUnknown: (invocationId: string): void =>
      void sql.exec("update reservations set deadline = null, recovery = 'null' where invocation_id = ?", invocationId),

    /** When the next reservation is overdue; undefined where none will be. */
    nextDeadline: (): number | undefined =>
      sql.exec<{ deadline: number | null }>("select min(deadline) as deadline from reservations").one().deadline ?? undefined,
    overdue: (at: number, most: number): (Omit<OverdueEntry, keyof LedgerAddress> & { readonly attempts: number })[] =>
      sql
        .exec<{ id: string; at: number; cost: number | null; recovery: string; attempts: number }>(
          "select invocation_id as id, at, cost, recovery, attempts from reservations where deadline <= ? order by deadline limit ?",
          at,
          most,
        )
        .toArray()
        .map((row) => ({
          invocationId: row.id,
          at: row.at,
          costMicros: row.cost,
          recovery: readJson(row.recovery),
          attempts: row.attempts,
        })),
    postpone: (invocationId: string, until: number): void =>
      void sql.exec("update reservations set deadline = ?, attempts = attempts + 1 where invocation_id = ?", until, invocationId),
  };
}

export type LedgerStore = ReturnType<typeof ledgerStore>;

const readUsage = ({ spent_today: spentToday, this_month: thisMonth, spent_month: spentMonth, ...row }: UsageRow): Usage => ({
  ...row,
  spentToday,
  thisMonth,
  spentMonth,
});

const readJson = (text: string): JsonValue => parseJson(utf8(text)) ?? null;
