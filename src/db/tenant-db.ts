import type { BatchItem, BatchResponse } from "drizzle-orm/batch";
import type { NeonHttpDatabase } from "drizzle-orm/neon-http";
import { sql, type SQL } from "drizzle-orm";
import type { OrgScope } from "../access/org-scope.ts";
import type { Action, ConsequentAction } from "../audit/actions.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { jsonDigest } from "../crypto/digest.ts";
import { newId, type Id } from "../platform/ids.ts";
import type { Announcement } from "../webhooks/event-schemas.ts";
import { endpointsOf, queueEvents, type Announced } from "../webhooks/queue-events.ts";
import type { DatabaseClient } from "./client.ts";
import { toProblem } from "./database-fault.ts";
import { auditEvents } from "./schema/audit-events.ts";

/** What a store's query builders are given: drizzle to build with, and the organization that every query names. */
export type ScopedDb = {
  readonly orgId: OrgScope;
  readonly orm: Pick<NeonHttpDatabase, "select" | "insert" | "update" | "delete" | "execute">;
};

/** An organization that was entered: its id, or where the database knows it alone, the expression for it. */
export type EnteredDb = Pick<ScopedDb, "orm"> & { readonly orgId: string | SQL };

export type Query = BatchItem<"pg">;
type Build<T extends readonly Query[]> = (db: ScopedDb) => readonly [...T];
type Results<T extends readonly Query[]> = BatchResponse<[...T]>;

/** One audited change. `change` is what is digested into the log; `answer` is what a repeat of the request gets. */
export type ChangeEvent<A extends Action> = {
  /** Chosen by an outbox that may have to write again: a second write throws AlreadyLogged, and changes nothing. */
  readonly id?: Id<"auditEvent">;
  readonly action: A;
  readonly resource: string;
  readonly change: JsonValue;
  /** Null where nobody waits for one: work that no request asked for. */
  readonly answer: object | null;
  /** A salted commitment to personal data that stands elsewhere (crypto/commitment.ts). */
  readonly commitment?: string;
  /** The row of a new organization: its first event stands behind it, and every other one before its changes. */
  readonly founding?: (db: ScopedDb) => Query;
  /** What it brings about besides: events of their own, numbered behind it and all its changes. */
  readonly consequences?: readonly Consequence[];
  /** What the organization's own systems are told of it, in the same transaction. */
  readonly announces?: readonly Announcement[];
};

export type Consequence = Pick<ChangeEvent<ConsequentAction>, "action" | "resource" | "change" | "announces">;

/** Each call is one round trip and one transaction in which the organization's row security holds. */
export interface TenantReader {
  readonly orgId: OrgScope;
  /** Who acts, and in which request, as the audit log shows it. */
  readonly actor: string;
  readonly requestId: string;
  read<T extends readonly Query[]>(build: Build<T>): Promise<Results<T>>;
}

/** `write` puts the audit event before the changes; a change that matches no row aborts all of it (409 state_conflict). */
export interface TenantWriter<A extends Action> extends TenantReader {
  /** The Idempotency-Key of the request that the change answers, where it has one, and the operation that it is for. */
  readonly repeatable: Pick<IdempotentWrite, "operation" | "key"> | null;
  write<T extends readonly Query[]>(event: ChangeEvent<A>, build: Build<T>): Promise<Results<T>>;
}

/** For what needs no event: by-products that are evidence themselves (security events, failure records), and when to look at a score. */
export interface TenantRecorder {
  record<T extends readonly Query[]>(build: Build<T>): Promise<Results<T>>;
}

/** What a request's round trips cost, for the log and Server-Timing. */
export type Meter = { trips: number; durationMs: number };

/** The request's idempotency: stored with the event, its answer sealed in the same transaction. */
export type IdempotentWrite = {
  readonly operation: string;
  readonly key: string;
  /** Seals first and builds afterwards: a drizzle query is thenable, so returning one from an async function would run it. */
  readonly answer: (answer: unknown) => Promise<(db: ScopedDb) => Query>;
};

export type TenantSession = {
  readonly client: DatabaseClient;
  readonly orgId: OrgScope;
  readonly actor: string;
  readonly requestId: string;
  readonly meter: Meter;
  readonly clock: () => Date;
  readonly idempotent?: IdempotentWrite | undefined;
  /** Told after each audited change, once it is committed: with the webhook endpoints that have something to deliver. */
  readonly written: (endpointIds: readonly string[]) => void | Promise<void>;
};

/** The only way to an organization's rows. Made in access/, where the scope was proved. */
export function openTenantDb(session: TenantSession): TenantWriter<Action> & TenantRecorder {
  const { client, orgId, idempotent } = session;
  const enter = (orm: NeonHttpDatabase): Query => orm.execute(sql`select app.enter(${orgId}, ${session.actor}, ${session.requestId})`);

  /** The batch's leading and last statements are ours; the caller gets the results of its own, in its own order and types. */
  async function run<T extends readonly Query[]>(
    orm: NeonHttpDatabase,
    own: readonly Query[],
    asked: readonly [...T],
    behind: readonly Query[] = [],
  ): Promise<{ readonly answers: Results<T>; readonly last: unknown }> {
    const startedAt = session.clock().getTime();
    session.meter.trips += 1;
    try {
      const results: readonly unknown[] = await orm.batch([enter(orm), ...own, ...asked, ...behind]);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the batch answers in order: ours first, then the asked, then events
      const answers = results.slice(1 + own.length, 1 + own.length + asked.length) as Results<T>;
      return { answers, last: results.at(-1) };
    } catch (fault) {
      throw toProblem(fault);
    } finally {
      session.meter.durationMs += session.clock().getTime() - startedAt;
    }
  }

  return {
    orgId,
    actor: session.actor,
    requestId: session.requestId,
    repeatable: idempotent ?? null,
    record: async (build) => (await run(client.writer, [], build({ orgId, orm: client.writer }))).answers,
    read: async (build) => (await run(client.reader, [], build({ orgId, orm: client.reader }))).answers,
    write: async (event, build) => {
      const db: ScopedDb = { orgId, orm: client.writer };
      const named = { operation: idempotent?.operation ?? null, idempotencyKey: idempotent?.key ?? null };
      const [entry, consequences] = await Promise.all([entryOf(event), Promise.all((event.consequences ?? []).map(entryOf))]);
      const own: Query[] = [...(event.founding === undefined ? [] : [event.founding(db)]), insertEvent(db, entry.row, named)];
      if (idempotent !== undefined && event.answer !== null) own.push((await idempotent.answer(event.answer))(db));
      const announced = [entry, ...consequences].flatMap((one) => one.announced);
      const { answers, last } = await run(client.writer, own, build(db), [
        ...consequences.map(({ row }) => insertEvent(db, row)),
        ...(announced.length === 0 ? [] : [queueEvents(db, announced, session.clock())]),
      ]);
      await session.written(announced.length === 0 ? [] : endpointsOf(last));
      return answers;
    },
  };
}

type EventRow = Pick<typeof auditEvents.$inferInsert, "id" | "action" | "resource" | "change" | "commitment">;

type ToLog = Omit<ChangeEvent<Action>, "answer" | "consequences">;
type LogEntry = { readonly row: EventRow; readonly announced: readonly Announced[] };

async function entryOf({ id: chosen, action, resource, change, commitment, announces = [] }: ToLog): Promise<LogEntry> {
  const id = chosen ?? newId("auditEvent");
  const row = { id, action, resource, change: await jsonDigest(change), commitment: commitment ?? null };
  return { row, announced: announces.map((announcement) => ({ announcement, auditEventId: id })) };
}

const insertEvent = (
  { orm, orgId }: ScopedDb,
  row: EventRow,
  idempotent: Partial<Pick<typeof auditEvents.$inferInsert, "operation" | "idempotencyKey">> = {},
): Query => orm.insert(auditEvents).values({ orgId, ...row, ...idempotent });
