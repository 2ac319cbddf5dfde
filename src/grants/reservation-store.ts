import type { LedgerAddress, OverdueEntry, Proposal, Verdict } from "./ledger.ts";
import type { Hold } from "./ledger-store.ts";
import type { Reserved, Usage } from "./usage.ts";

/** As long as an Idempotency-Key is known anywhere. */
const doubtMs = 86_400_000;

type Overdue = OverdueEntry & { readonly attempts: number };
type OverdueRow = LedgerAddress & {
  invocationId: string;
  at: number;
  costMicros: number | null;
  verdict: string;
  recovery: string;
  attempts: number;
};

/** What is reserved and unsettled. A row without a deadline is one that was looked into, and nobody knows what came of it. */
export function reservationStore(sql: SqlStorage) {
  sql.exec(`
    create table if not exists reservations (
      invocationId text primary key, orgId text not null, grantId text not null, idempotencyKey text, at integer not null,
      day integer not null, month integer not null, cost integer, deadline integer, attempts integer not null,
      verdict text not null, recovery text not null) without rowid;
    create index if not exists reservations_key on reservations (idempotencyKey) where idempotencyKey is not null;
    create index if not exists reservations_due on reservations (deadline) where deadline is not null;
  `);
  // Counted once, and kept in step: it is asked for at every decision.
  let held = sql.exec<{ held: number }>("select count(*) as held from reservations").one().held;
  return {
    count: (): number => held,
    find: (invocationId: string): Reserved | undefined =>
      sql
        .exec<Reserved>("select day, month, coalesce(cost, 0) as costMicros from reservations where invocationId = ?", invocationId)
        .toArray()[0],
    add: (hold: Hold, { day, month }: Usage, verdict: Verdict): void => {
      const { invocationId, orgId, grantId, idempotencyKey, at, costMicros, deadlineMs } = hold;
      const row = [invocationId, orgId, grantId, idempotencyKey, at, day, month, costMicros, deadlineMs, 0];
      const texts = [JSON.stringify(verdict), JSON.stringify(hold.recovery)];
      sql.exec("insert into reservations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ...row, ...texts);
      held += 1;
    },
    drop: (invocationId: string): void => {
      held -= sql.exec("delete from reservations where invocationId = ? returning 1", invocationId).toArray().length;
    },
  };
}

/** Keys of what was sent just now, and of which nobody knew what came; they outlive the reservation. */
export function doubtStore(sql: SqlStorage) {
  sql.exec(`
    create table if not exists doubts (idempotencyKey text primary key, invocationId text not null, until integer not null) without rowid;
    create index if not exists doubts_until on doubts (until);
  `);
  /** That the key of a reservation is not used again before `until`. Nothing where there is no such reservation, or no key. */
  const remember = (invocationId: string, at: number, until: number): void => {
    sql.exec("delete from doubts where until <= ?", at);
    sql.exec(
      `insert or ignore into doubts select idempotencyKey, invocationId, ? from reservations
       where invocationId = ? and idempotencyKey is not null`,
      until,
      invocationId,
    );
  };
  return {
    remember,
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
    /** What was reserved stays so until somebody settles it; it is overdue no more, and its key is not used again. */
    keepUnknown: (invocationId: string, at: number): void => {
      remember(invocationId, at, at + doubtMs);
      sql.exec("update reservations set deadline = null, verdict = '', recovery = '' where invocationId = ?", invocationId);
    },
  };
}

/** By when reservations are looked into. */
export function deadlineStore(sql: SqlStorage) {
  return {
    /** When the next reservation is overdue; undefined where none will be. */
    nextDeadline: (): number | undefined =>
      sql.exec<{ deadline: number | null }>("select min(deadline) as deadline from reservations where deadline is not null").one()
        .deadline ?? undefined,
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
    /** That its recovery knows that nothing was sent; a repetition may come meanwhile. */
    markUnsent: (invocationId: string): void =>
      void sql.exec(
        `update reservations set idempotencyKey = null, recovery = json_set(recovery, '$.unsent', json('true'))
         where invocationId = ? and deadline is not null`,
        invocationId,
      ),
    postpone: (invocationId: string, until: number): void =>
      void sql.exec(
        "update reservations set deadline = ?, attempts = attempts + 1 where invocationId = ? and deadline is not null",
        until,
        invocationId,
      ),
  };
}
