import { and, asc, desc, eq, gt, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { selectKeyHistory, type HistoryRow } from "../access/current-signer.ts";
import { openSystemDb } from "../access/system-principal.ts";
import { fromBase64, toBase64 } from "../crypto/encoding.ts";
import { auditEvents } from "../db/schema/audit-events.ts";
import { logCheckpoints } from "../db/schema/log-checkpoints.ts";
import { securityEvents } from "../db/schema/security-events.ts";
import type { ScopedDb } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { newId } from "../platform/ids.ts";
import type { LogPage } from "./judge-page.ts";
import type { LogStop } from "./log-fault.ts";
import type { SignedCheckpoint } from "./log-store.ts";

const actor = "system:log";
/** A connection that hangs must not hold up every run behind this one. */
const answersWithinMs = 15_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the database does not answer")), answersWithinMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const Head = z.tuple([z.object({ head: z.coerce.number() })]);

/** The columns that a leaf is made of. */
export const leafColumns = {
  orgId: auditEvents.orgId,
  seq: auditEvents.seq,
  id: auditEvents.id,
  at: auditEvents.at,
  actor: auditEvents.actor,
  action: auditEvents.action,
  resource: auditEvents.resource,
  change: auditEvents.change,
  commitment: auditEvents.commitment,
  requestId: auditEvents.requestId,
};

const selectHead = ({ orm }: ScopedDb) => orm.execute(sql`select app.log_head() as head`);

const selectFresh = ({ orm, orgId }: ScopedDb, size: number, most: number) =>
  orm
    .select(leafColumns)
    .from(auditEvents)
    .where(and(eq(auditEvents.orgId, orgId), gt(auditEvents.seq, size)))
    .orderBy(asc(auditEvents.seq))
    .limit(most);

const selectAgain = ({ orm, orgId }: ScopedDb, seqs: readonly number[]) =>
  orm
    .select(leafColumns)
    .from(auditEvents)
    .where(and(eq(auditEvents.orgId, orgId), inArray(auditEvents.seq, [...seqs])));

const selectPublished = ({ orm, orgId }: ScopedDb) =>
  orm
    .select({ size: logCheckpoints.size, root: logCheckpoints.root })
    .from(logCheckpoints)
    .where(eq(logCheckpoints.orgId, orgId))
    .orderBy(desc(logCheckpoints.size))
    .limit(1);

/** What the database says of the events behind the first `size`, of those to be read again, and of the keys: one round trip, one instant. */
export async function readPage(
  env: Environment,
  orgId: string,
  { size, recheck, most }: { readonly size: number; readonly recheck: readonly number[]; readonly most: number },
): Promise<LogPage & { readonly keys: HistoryRow | undefined }> {
  const [counted, fresh, again, [published], [keys]] = await inTime(
    openSystemDb(env, orgId, actor).read((db) => [
      selectHead(db),
      selectFresh(db, size, most),
      selectAgain(db, recheck),
      selectPublished(db),
      selectKeyHistory(db),
    ]),
  );
  const [{ head }] = Head.parse(counted.rows);
  return { head, fresh, again, keys, published: published && { size: published.size, root: fromBase64(published.root) } };
}

/** Publishes a checkpoint; false where another one of that size was. One that is there already, as it is, counts as published. */
export async function publishCheckpoint(env: Environment, orgId: string, signed: SignedCheckpoint): Promise<boolean> {
  const { size, kid, note } = signed;
  const row = { size, root: toBase64(signed.root), kid, note, signedAt: new Date(signed.signedAt) };
  const [, [standing]] = await inTime(
    openSystemDb(env, orgId, actor).record((db) => [
      db.orm
        .insert(logCheckpoints)
        .values({ orgId: db.orgId, ...row })
        .onConflictDoNothing(),
      db.orm
        .select({ root: logCheckpoints.root })
        .from(logCheckpoints)
        .where(and(eq(logCheckpoints.orgId, db.orgId), eq(logCheckpoints.size, size))),
    ]),
  );
  return standing?.root === row.root;
}

/** An event that says that another key signs from here on, so that there is something for it to sign. */
export const recordKeyChange = (env: Environment, orgId: string, from: string, to: string): Promise<unknown> =>
  inTime(
    openSystemDb(env, orgId, actor).write({ action: "log.key_changed", resource: orgId, change: { from, to }, answer: null }, () => []),
  );

/** Tells the organization that its log has stopped. */
export const recordStop = (env: Environment, orgId: string, { since }: LogStop): Promise<unknown> =>
  inTime(
    openSystemDb(env, orgId, actor).record((db) => [
      db.orm
        .insert(securityEvents)
        .values({ orgId: db.orgId, id: newId("securityEvent"), kind: "log_stopped", credential: actor, minute: new Date(since), count: 1 }),
    ]),
  );
