import { sql } from "drizzle-orm";
import { chooseSigner, openRing, type Signer } from "../crypto/signer.ts";
import { openKeyHistory, type KeyHistory, type SigningPurpose } from "../crypto/statement/key-history.ts";
import { databaseClient } from "../db/client.ts";
import { toProblem } from "../db/database-fault.ts";
import type { ScopedDb } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";

/** The newest key history, for a round trip that reads other things too. */
export const selectKeyHistory = ({ orm }: Pick<ScopedDb, "orm">) =>
  orm.select({ signed: sql<string | null>`newest.signed` }).from(sql`(select app.key_history() as signed) as newest`);

/** What it reads; null where none was signed yet. */
export type HistoryRow = { readonly signed: string | null };
export type SignedHistory = { readonly signed: string; readonly history: KeyHistory };

let lastOpened: SignedHistory | undefined;

/** Opens what selectKeyHistory read. A history that does not hold signs nothing: 503. */
export async function openHistory(row: HistoryRow | undefined): Promise<SignedHistory> {
  if (typeof row?.signed !== "string")
    throw problem("not_configured", "there is no key history: npm run admin -- introduce-keys makes one");
  if (lastOpened?.signed === row.signed) return lastOpened;
  const opened = await openKeyHistory(row.signed);
  if (!opened.ok) throw problem("not_configured", `the key history is ${opened.fault}`);
  lastOpened = { signed: row.signed, history: opened.history };
  return lastOpened;
}

/** The key of the Worker's ring that the history lets sign at `now`; none is a 503. */
export async function signerBy({ history }: SignedHistory, env: Environment, purpose: SigningPurpose, now: Date): Promise<Signer> {
  const ring = await openRing(purpose === "statement" ? env.statementKeys : env.checkpointKeys);
  const signer = chooseSigner(ring, history, purpose, now);
  if (signer === undefined) throw problem("not_configured", `no key of the ring may sign a ${purpose}`);
  return signer;
}

/** The newest history, read by itself: one round trip. Undefined where none was signed yet. */
export async function readKeyHistory(env: Environment): Promise<SignedHistory | undefined> {
  try {
    const [row] = await selectKeyHistory({ orm: databaseClient(env).reader });
    return typeof row?.signed === "string" ? await openHistory(row) : undefined;
  } catch (fault) {
    throw toProblem(fault);
  }
}

/** Who signs for a purpose now: one round trip. */
export const currentSigner = async (env: Environment, purpose: SigningPurpose, now: Date): Promise<Signer> =>
  signerBy((await readKeyHistory(env)) ?? (await openHistory(undefined)), env, purpose, now);
