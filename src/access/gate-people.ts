import {
  decidePerson,
  decideSession,
  lesserCeiling,
  type Ceiling,
  type MemberRecord,
  type PersonClaim,
  type PersonGrant,
  type SessionRecord,
} from "./person-record.ts";
import { sessionIdleMs, sessionLifeMs } from "./local-session.ts";
import type { Lookups } from "./lookups.ts";

/** How often it is written that a session was used. */
const seenEveryMs = 60_000;

export type NewSessionRecord = Omit<SessionRecord, "seenAt">;
/** `ceiling`: null where the member has ended. `since`: no other change of the member's has it. */
export type MemberChange = { readonly memberId: string; readonly ceiling: Ceiling; readonly since: number };

/** `name`: what refusals and use are summed by. */
export type JudgedPerson = {
  readonly name: string;
  readonly decision: { readonly ok: true; readonly grant: Omit<PersonGrant, "environment"> } | Extract<Decided, { ok: false }>;
};
type Decided = ReturnType<typeof decidePerson>;

const tables = `
  create table if not exists sessions (
    id text primary key, member_id text not null, secret_hash text not null, started_at integer not null, seen_at integer not null) without rowid;
  create table if not exists member_changes (member_id text primary key, ceiling text, since integer not null) without rowid;`;

const sessionColumns = `id as "sessionId", member_id as "memberId", secret_hash as "secretHash", started_at as "startedAt", seen_at as "seenAt"`;

/** An organization's people at its gate: the sessions that began here, and what the database may not know of members yet. */
export class GatePeople {
  readonly #sql: SqlStorage;
  readonly #members: Lookups<MemberRecord>;
  readonly #clock: () => number;
  readonly #changes: Map<string, MemberChange>;
  /** All that the least was made of, by its time; of what a gate before this one was told, the least alone. */
  readonly #said: Map<string, Map<number, Ceiling>>;

  constructor(sql: SqlStorage, members: Lookups<MemberRecord>, clock: () => number) {
    this.#sql = sql;
    this.#members = members;
    this.#clock = clock;
    sql.exec(tables);
    const rows = sql.exec<MemberChange>(`select member_id as "memberId", ceiling, since from member_changes`).toArray();
    this.#changes = new Map(rows.map((row) => [row.memberId, row]));
    this.#said = new Map(rows.map(({ memberId, since, ceiling }) => [memberId, new Map([[since, ceiling]])]));
  }

  /** A session that has ended, or whose member has, is as dead here as one that never was. */
  async judge(orgId: string, claim: PersonClaim): Promise<JudgedPerson> {
    const begun = this.#sessionOf(claim);
    if (!begun.ok) return { name: claim.sessionId, decision: begun };
    const member = await this.#members.get(orgId, begun.who);
    const name = member?.memberId ?? claim.sessionId;
    // It may have ended while the member was looked up.
    const found = this.#sessionOf(claim);
    if (!found.ok) return { name, decision: found };
    const decision = decidePerson(member, member === undefined ? undefined : this.#changes.get(member.memberId)?.ceiling, claim);
    if (!decision.ok) return { name, decision };
    const { session } = found;
    if (session !== null) this.#see(session);
    const times = session === null ? null : { startedAt: session.startedAt, endsAt: session.startedAt + sessionLifeMs };
    return { name, decision: { ok: true, grant: { ...decision.member, session: times } } };
  }

  start({ sessionId, memberId, secretHash, startedAt }: NewSessionRecord): void {
    this.forget();
    this.#sql.exec("insert into sessions values (?, ?, ?, ?, ?)", sessionId, memberId, secretHash, startedAt, startedAt);
    // An invited member has become an active one.
    this.#members.forget();
  }

  end(sessionId: string): void {
    this.#sql.exec("delete from sessions where id = ?", sessionId);
  }

  /** The least that was said lately counts: what is taken goes at once, what is given comes with the database's next word. */
  change(memberId: string, ceiling: Ceiling): MemberChange {
    const said = this.#said.get(memberId) ?? new Map<number, Ceiling>();
    const since = Math.max(this.#clock(), (this.#changes.get(memberId)?.since ?? 0) + 1);
    this.#said.set(memberId, said.set(since, ceiling));
    const change = this.#keep(memberId, since, said);
    if (change.ceiling === null) this.#sql.exec("delete from sessions where member_id = ?", memberId);
    return change;
  }

  /** Takes back what was said then, where the database has refused it; what was said besides holds on. */
  lift(memberId: string, since: number): void {
    const [change, said] = [this.#changes.get(memberId), this.#said.get(memberId)];
    if (change === undefined || said === undefined || !said.delete(since)) return;
    if (said.size === 0) this.settled(change);
    else this.#keep(memberId, change.since, said);
  }

  #keep(memberId: string, since: number, said: ReadonlyMap<number, Ceiling>): MemberChange {
    const change = { memberId, since, ceiling: [...said.values()].reduce(lesserCeiling) };
    this.#sql.exec("insert or replace into member_changes values (?, ?, ?)", memberId, change.ceiling, since);
    this.#changes.set(memberId, change);
    this.#members.forget();
    return change;
  }

  changes(): readonly MemberChange[] {
    return [...this.#changes.values()];
  }

  /** The database's word holds again, unless something was said meanwhile. */
  settled(change: MemberChange): void {
    if (this.#changes.get(change.memberId) !== change) return;
    this.#changes.delete(change.memberId);
    this.#said.delete(change.memberId);
    this.#sql.exec("delete from member_changes where member_id = ?", change.memberId);
    this.#members.forget();
  }

  /** Drops sessions that no cookie opens any more. */
  forget(): void {
    const now = this.#clock();
    this.#sql.exec("delete from sessions where started_at <= ? or seen_at <= ?", now - sessionLifeMs, now - sessionIdleMs);
  }

  /** Whom the claim is of. The identity provider keeps its own sessions, and its signature has proved this one. */
  #sessionOf({ sessionId, proof }: PersonClaim): Begun {
    if (proof.kind === "provider") return { ok: true, who: proof.externalId, session: null };
    const [record] = this.#sql.exec<SessionRecord>(`select ${sessionColumns} from sessions where id = ?`, sessionId).toArray();
    const decision = decideSession(record, proof.secretHash, this.#clock());
    return decision.ok ? { ...decision, who: decision.session.memberId } : decision;
  }

  #see({ seenAt, sessionId }: SessionRecord): void {
    const now = this.#clock();
    if (seenAt <= now - seenEveryMs) this.#sql.exec("update sessions set seen_at = ? where id = ?", now, sessionId);
  }
}

type Begun =
  | { readonly ok: true; readonly who: string; readonly session: SessionRecord | null }
  | Extract<ReturnType<typeof decideSession>, { ok: false }>;
