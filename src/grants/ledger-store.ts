import type { Counters, LedgerAddress, Proposal, Verdict } from "./ledger.ts";
import type { GrantMode } from "./mode.ts";
import { deadlineStore, doubtStore, reservationStore } from "./reservation-store.ts";
import { countersOf, noUsage, usageAt, withoutUse, type Usage } from "./usage.ts";

const minuteMs = 60_000;
/** Longer than any request lives: one that read before its twin's answer was written may ask after that was settled. */
const repeatMs = 600_000;
/** Of production, whose counters know of no basis. */
const anyBasis = "";

export type Hold = Pick<
  Proposal,
  keyof LedgerAddress | "invocationId" | "idempotencyKey" | "at" | "costMicros" | "deadlineMs" | "recovery"
>;

/**
 * The ledger's durable memory: the object's own SQLite. A write here holds back the answer until it is safe. It holds one row of counters a
 * mode, the calls of the last minute, what is reserved and unsettled and the keys of what was sent just now and, for a day, of what was in doubt.
 */
export function ledgerStore(storage: DurableObjectStorage) {
  const { sql, kv } = storage;
  const { usage, keepUsage } = usageStore(sql);
  const { callsSince, countCall } = callStore(sql);
  const reservations = reservationStore(sql);
  const doubts = doubtStore(sql);

  return {
    isRevoked: (): boolean => kv.get<boolean>("revoked") === true,
    revoke: (): void => kv.put("revoked", true),

    usage,
    counters: (mode: GrantMode, basis: string | undefined, at: number): Counters =>
      countersOf(usage(mode, basis, at), callsSince(mode, at - minuteMs)),
    /** Counts a call against the rate. What no window reaches any more is dropped with it. */
    countCall,
    /** Uses budget for good. */
    use: keepUsage,
    /** Uses budget, and remembers for what until that is settled. */
    hold: (held: Hold, used: Usage, verdict: Verdict): void => {
      keepUsage("production", anyBasis, used);
      reservations.add(held, used, verdict);
    },
    unsettled: reservations.count,

    /** What was reserved is used. Nothing where it was settled before. Its key stays known while a repeat may be on its way. */
    spend: (invocationId: string, at: number): void => {
      doubts.remember(invocationId, at, at + repeatMs);
      reservations.drop(invocationId);
    },
    /** What was reserved is given back. Nothing where it was settled before. */
    release: (invocationId: string, at: number): void => {
      const reserved = reservations.find(invocationId);
      if (reserved === undefined) return;
      keepUsage("production", anyBasis, withoutUse(usage("production", anyBasis, at), reserved));
      reservations.drop(invocationId);
    },
    ...doubts,
    ...deadlineStore(sql),
  };
}

export type LedgerStore = ReturnType<typeof ledgerStore>;

function usageStore(sql: SqlStorage) {
  sql.exec(`
    create table if not exists usage (
      mode text primary key, basis text not null, total integer not null, day integer not null, today integer not null,
      spentToday integer not null, month integer not null, thisMonth integer not null, spentMonth integer not null) without rowid;
  `);
  return {
    /** Counters of production never begin anew; those of simulation do with each new basis: what is tried out is another thing then. */
    usage: (mode: GrantMode, basis: string | undefined, at: number): Usage => {
      const [row] = sql
        .exec<Usage & { basis: string }>(
          "select basis, total, day, today, spentToday, month, thisMonth, spentMonth from usage where mode = ?",
          mode,
        )
        .toArray();
      const isFresh = row === undefined || (mode === "simulation" && basis !== undefined && row.basis !== basis);
      return usageAt(isFresh ? noUsage : row, at);
    },
    keepUsage: (mode: GrantMode, basis: string, used: Usage): void => {
      const { total, day, today, spentToday, month, thisMonth, spentMonth } = used;
      const row = [mode, basis, total, day, today, spentToday, month, thisMonth, spentMonth];
      sql.exec("insert or replace into usage values (?, ?, ?, ?, ?, ?, ?, ?, ?)", ...row);
    },
  };
}

/** The calls of the last minute: in memory too, so that counting them reads no rows. */
function callStore(sql: SqlStorage) {
  sql.exec(`
    create table if not exists moments (mode text not null, at integer not null, calls integer not null, primary key (mode, at)) without rowid;
  `);
  const recent = (mode: GrantMode): number[] =>
    sql
      .exec<{ at: number; calls: number }>("select at, calls from moments where mode = ? order by at", mode)
      .toArray()
      .flatMap(({ at, calls }) => Array.from({ length: calls }, () => at));
  const windows = { simulation: recent("simulation"), production: recent("production") };
  return {
    /** The time must not run backwards: what is out of the window is forgotten. */
    callsSince: (mode: GrantMode, at: number): number => {
      const first = windows[mode].findIndex((moment) => moment > at);
      windows[mode].splice(0, first === -1 ? windows[mode].length : first);
      return windows[mode].length;
    },
    countCall: (mode: GrantMode, at: number): void => {
      sql.exec("delete from moments where mode = ? and at <= ?", mode, at - minuteMs);
      sql.exec("insert into moments values (?, ?, 1) on conflict (mode, at) do update set calls = calls + 1", mode, at);
      windows[mode].push(at);
    },
  };
}
