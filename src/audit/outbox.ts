import { z } from "zod";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { AlreadyLogged } from "../db/database-fault.ts";
import { currentTime } from "../platform/clock.ts";
import { describeFault } from "../platform/describe-fault.ts";
import type { Id } from "../platform/ids.ts";
import { log } from "../platform/logger.ts";
import { actions, type Action } from "./actions.ts";

/** An audit event that a Durable Object owes the log, with whatever of its own goes into the same transaction. */
export type OutboxEntry = {
  /** Chosen by the object when the thing happened: the log takes it once, however often it is sent. */
  readonly id: Id<"auditEvent">;
  readonly action: Action;
  readonly resource: string;
  readonly actor: string;
  /** What the event is the digest of. */
  readonly change: JsonValue;
  /** For the owner's own rows. */
  readonly data: JsonValue;
  /** Milliseconds since 1970: when it happened. */
  readonly at: number;
};

const Stored = z.object({
  id: z.templateLiteral(["aud_", z.string()]),
  action: z.enum(actions),
  resource: z.string(),
  actor: z.string(),
  change: z.json(),
  data: z.json(),
  at: z.number(),
});

const firstRetryMs = 1_000;
const longestRetryMs = 300_000;

/**
 * What an object has done and the log does not yet hold, in the object's own SQLite: added in the same turn as the change that it tells of,
 * so both are durable or neither. Sent at least once and in order; an event that the log has already counts as sent, so it is there exactly once.
 */
export class Outbox {
  readonly #sql: SqlStorage;
  #draining: Promise<number | undefined> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The caller sees to it that `drain` is called, and an alarm set in case that does not come to its end. */
  add(entry: OutboxEntry): void {
    this.#sql.exec(
      "create table if not exists outbox (number integer primary key autoincrement, entry text not null, attempts integer not null)",
    );
    this.#sql.exec("insert into outbox (entry, attempts) values (?, 0)", JSON.stringify(entry));
  }

  /** How many events the log does not hold yet. */
  size(): number {
    if (!this.#exists()) return 0;
    return this.#sql.exec<{ waiting: number }>("select count(*) as waiting from outbox").one().waiting;
  }

  /**
   * Sends what waits, the oldest first, and stops at the first that cannot be sent. Answers when to try again, in milliseconds since 1970;
   * undefined where nothing is left. Whoever asks while one runs gets its answer.
   */
  drain(write: (entry: OutboxEntry) => Promise<void>): Promise<number | undefined> {
    this.#draining ??= this.#sendAll(write).finally(() => (this.#draining = undefined));
    return this.#draining;
  }

  async #sendAll(write: (entry: OutboxEntry) => Promise<void>): Promise<number | undefined> {
    while (this.#exists()) {
      const [first] = this.#sql
        .exec<{ number: number; entry: string; attempts: number }>("select number, entry, attempts from outbox order by number limit 1")
        .toArray();
      if (first === undefined) return undefined;
      if (!(await this.#send(first.entry, write))) {
        this.#sql.exec("update outbox set attempts = attempts + 1 where number = ?", first.number);
        return currentTime().getTime() + Math.min(firstRetryMs * 2 ** Math.min(first.attempts, 20), longestRetryMs);
      }
      this.#sql.exec("delete from outbox where number = ?", first.number);
    }
    return undefined;
  }

  /** Made with the first event: an object to which nothing happened keeps nothing. */
  #exists(): boolean {
    return this.#sql.exec("select 1 from sqlite_master where name = 'outbox'").toArray().length > 0;
  }

  async #send(text: string, write: (entry: OutboxEntry) => Promise<void>): Promise<boolean> {
    const entry = Stored.parse(JSON.parse(text));
    try {
      await write(entry);
      return true;
    } catch (fault) {
      if (fault instanceof AlreadyLogged) return true;
      log("error", "outbox_not_sent", { action: entry.action, event: entry.id, fault: describeFault(fault) });
      return false;
    }
  }
}
