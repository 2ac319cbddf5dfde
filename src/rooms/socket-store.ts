import type { Member } from "./member.ts";

type Row = { socket: string; pattern: string; start: number; cursor: number | null };

/** What sockets have subscribed to, in the object's own SQLite: their attachments have no room for it. A null cursor has come to the head. */
export class SocketStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(
      "create table if not exists subscriptions (socket text, pattern text, start integer not null, cursor integer, primary key (socket, pattern)) without rowid",
    );
  }

  /** Writes down what a member has subscribed to, and how far its replay has come. */
  keep({ id, live, subscriptions }: Member): void {
    this.#sql.exec("delete from subscriptions where socket = ?", id);
    for (const [pattern, { start, cursor }] of subscriptions)
      this.#sql.exec("insert into subscriptions values (?, ?, ?, ?)", id, pattern, start, live ? null : cursor);
  }

  forget(id: string): void {
    this.#sql.exec("delete from subscriptions where socket = ?", id);
  }

  /** Gives members what they had subscribed to; those that were live have been sent everything up to `head`. Forgets all other sockets. */
  recall(members: readonly Member[], head: number): void {
    const byId = new Map(members.map((member) => [member.id, member]));
    for (const { socket, pattern, start, cursor } of this.#sql.exec<Row>("select * from subscriptions").toArray()) {
      const member = byId.get(socket);
      if (member === undefined) this.forget(socket);
      else {
        member.subscriptions.set(pattern, { start, cursor: cursor ?? head });
        if (cursor !== null) member.live = false;
      }
    }
  }
}
