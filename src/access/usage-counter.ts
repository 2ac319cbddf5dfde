/** How many requests an organization made on a day (UTC): those that were let in, and those that the gate refused, for whatever reason. */
export type DayOfUse = { readonly day: string; readonly accepted: number; readonly refused: number };

const keptDays = 31;
const dayMs = 86_400_000;
const table = `create table if not exists usage_days (day integer primary key, accepted integer not null, refused integer not null)`;

/** Requests by day, in the gate's own SQLite. The gate's alarm saves them: those of a few seconds are lost where the object dies. */
export class UsageCounter {
  readonly #sql: SqlStorage;
  #day = 0;
  #accepted = 0;
  #refused = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#sql.exec(table);
  }

  /** Counts in memory; true for the first that is not saved yet. */
  count(outcome: "accepted" | "refused", now: number): boolean {
    const day = Math.floor(now / dayMs);
    if (day !== this.#day) {
      this.save();
      this.#day = day;
    }
    const isFirst = this.#accepted + this.#refused === 0;
    if (outcome === "accepted") this.#accepted += 1;
    else this.#refused += 1;
    return isFirst;
  }

  save(): void {
    if (this.#accepted + this.#refused === 0) return;
    this.#sql.exec(
      `insert into usage_days (day, accepted, refused) values (?, ?, ?)
       on conflict (day) do update set accepted = accepted + excluded.accepted, refused = refused + excluded.refused`,
      this.#day,
      this.#accepted,
      this.#refused,
    );
    this.#accepted = 0;
    this.#refused = 0;
    this.#sql.exec("delete from usage_days where day <= ?", this.#day - keptDays);
  }

  /** The days on which there was something, of the last `count`, the newest first. */
  days(now: number, count: number): DayOfUse[] {
    this.save();
    const since = Math.floor(now / dayMs) - count;
    const query = "select day, accepted, refused from usage_days where day > ? order by day desc";
    const rows = this.#sql.exec<{ day: number; accepted: number; refused: number }>(query, since).toArray();
    return rows.map(({ day, ...counts }) => ({ day: new Date(day * dayMs).toISOString().slice(0, 10), ...counts }));
  }
}
