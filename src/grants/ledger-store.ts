import type { Counters, LedgerAddress, OverdueEntry, Proposal, Verdict } from "./ledger.ts";
import type { GrantMode } from "./mode.ts";
import { countersOf, noUsage, usageAt, withoutUse, type Usage } from "./usage.ts";

const minuteMs = 60_000;
/** Of production, whose counters know of no basis. */
const anyBasis = "";
/** As long as an Idempotency-Key is known anywhere. */
const doubtMs = 86_400_000;

type Hold = Pick<Proposal, keyof LedgerAddress | "invocationId" | "idempotencyKey" | "at" | "costMicros" | "deadlineMs" | "recovery">;
type Overdue = OverdueEntry & { readonly attempts: number };
type OverdueRow = LedgerAddress & {
  invocationId: string;
  at: number;
  costMicros: number | null;
  verdict: string;
  recovery: string;
  attempts: number;
};

/**
 * The ledger's durable memory: the object's own SQLite. A write here holds back the answer until it is safe. It holds one row of counters a
 * mode, the calls of the last minute and what is reserved and unsettled: nothing grows with what was done.
 */
export function ledgerStore(storage: DurableObjectStorage) {
  const { sql, kv } = storage;
  sql.exec(`
    create table if not exists usage (
      mode text primary key, basis text not null, total integer not null, day integer not null, today integer not null,
      spentToday integer not null, month integer not null, thisMonth integer not null, spentMonth integer not null) without rowid;
    create table if not exists moments (mode text not null, at integer not null, calls integer not null, primary key (mode, at)) without rowid;
    create table if not exists reservations (
      invocationId text primary key, orgId text not null, grantId text not null, idempotencyKey text, at integer not null, day integer not null, month integer not null,
      cost integer, deadline integer, attempts integer not null, verdict text not null, recovery text not null) without rowid;
    create table if not exists doubts (idempotencyKey text primary key, invocationId text not null, until integer not null) without rowid;
    create index if not exists reservations_key on reservations (idempotencyKey) where idempotencyKey is not null;
    create index if not exists reservations_due on reservations (deadline) where deadline is not null;
  `);

  /** Counters of production never begin anew; those of simulation do with each new basis: what is tried out is another thing then. */
  const usage = (mode: GrantMode, basis: string | undefined, at: number): Usage => {
    const [row] = sql
      .exec<Usage & { basis: string }>(
        "select basis, total, day, today, spentToday, month, thisMonth, spentMonth from usage where mode = ?",
        mode,
      )
      .toArray();
    const isFresh = row === undefined || (mode === "simulation" && basis !== undefined && row.basis !== basis);
    return usageAt(isFresh ? noUsage : row, at);
  };
  const keepUsage = (mode: GrantMode, basis: string, used: Usage): void => {
    const { total, day, today, spentToday, month, thisMonth, spentMonth } = used;
    const row = [mode, basis, total, day, today, spentToday, month, thisMonth, spentMonth];
    sql.exec("insert or replace into usage values (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...row);
  };
  const callsSince = (mode: GrantMode, at: number): number =>
    sql.exec<{ calls: number }>("select coalesce(sum(calls), 0) as calls from moments where mode = ? and at > ?", mode, at).one().calls;
  const find = (invocationId: string) =>
    sql
      .exec<{ day: number; month: number; cost: number | null }>(
        "select day, month, cost from reservations where invocationId = ?",
        invocationId,
      )
      .toArray()[0];
  const drop = (invocationId: string): void => void sql.exec("delete from reservations where invocationId = ?", invocationId);

  return {
    isRevoked: (): boolean => kv.get<boolean>("revoked") === true,
    revoke: (): void => kv.put("revoked", true),

    usage,
    keepUsage,
    counters: (mode: GrantMode, basis: string | undefined, at: number): Counters =>
      countersOf(usage(mode, basis, at), callsSince(mode, at - minuteMs)),

    unsettled: (): number => sql.exec<{ held: number }>("select count(*) as held from reservations").one().held,
    /** The invocation under the same key that is reserved, or of which nobody knew what came; or this one, where it was reserved before. */
    doubtOf: ({ invocationId, idempotencyKey: key }: Pick<Proposal, "invocationId" | "idempotencyKey">, at: number): string | undefined =>
      sql
        .exec<{ id: string }>(
          `select invocationId as id from reservations where invocationId = ?
           union all select invocationId from reservations where idempotencyKey = ?
           union all select invocationId from doubts where idempotencyKey = ? and until > ? limit 1`,
          invocationId,
          key,
          key,
          at,
        )
        .toArray()[0]?.id,

    /** Counts a call against the rate. What no window reaches any more is dropped with it. */
    countCall: (mode: GrantMode, at: number): void => {
      sql.exec("delete from moments where at <= ?", at - minuteMs);
      sql.exec("insert into moments values (?, ?, 1) on conflict (mode, at) do update set calls = calls + 1", mode, at);
    },
    /** Remembers for what budget was used until that is settled. */
    hold: (held: Hold, { day, month }: Usage, verdict: Verdict): void => {
      const { invocationId, orgId, grantId, idempotencyKey, at, costMicros, deadlineMs } = held;
      const row = [invocationId, orgId, grantId, idempotencyKey, at, day, month, costMicros, deadlineMs, 0];
      const texts = [JSON.stringify(verdict), JSON.stringify(held.recovery)];
      sql.exec("insert into reservations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ...row, ...texts);
    },

    /** What was reserved is used. Nothing where it was settled before. */
    spend: drop,
    /** What was reserved is given back. Nothing where it was settled before. */
    release: (invocationId: string, at: number): void => {
      const held = find(invocationId);
      if (held === undefined) return;
      const { day, month, cost } = held;
      keepUsage("production", anyBasis, withoutUse(usage("production", anyBasis, at), { day, month, costMicros: cost ?? 0 }));
      drop(invocationId);
    },
    /** What was reserved stays so until somebody settles it; it is overdue no more, and its key is not used again. */
    keepUnknown: (invocationId: string, at: number): void => {
      sql.exec("delete from doubts where until <= ?", at);
      sql.exec(
        `insert or ignore into doubts select idempotencyKey, invocationId, ? from reservations
         where invocationId = ? and idempotencyKey is not null`,
        at + doubtMs,
        invocationId,
      );
      sql.exec("update reservations set deadline = null, verdict = '', recovery = '' where invocationId = ?", invocationId);
    },

    /** When the next reservation is overdue; undefined where none will be. */
    nextDeadline: (): number | undefined =>
      sql.exec<{ deadline: number | null }>("select min(deadline) as deadline from reservations").one().deadline ?? undefined,
    /** Of reservations that are overdue, what their recovery needs. */
    overdue: (at: number, most: number): Overdue[] =>
      sql
        .exec<OverdueRow>(
          `select orgId, grantId, invocationId, at, cost as costMicros, verdict, recovery, attempts from reservations
           where deadline <= ? order by deadline limit ?`,
          at,
          most,
        )
        .toArray()
        .map(({ verdict, recovery, ...row }) => ({ ...row, verdict: JSON.parse(verdict), recovery: JSON.parse(recovery) })),
    postpone: (invocationId: string, until: number): void =>
      void sql.exec("update reservations set deadline = ?, attempts = attempts + 1 where invocationId = ?", until, invocationId),
  };
}

export type LedgerStore = ReturnType<typeof ledgerStore>;
