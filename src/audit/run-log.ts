import type { HistoryRow } from "../access/current-signer.ts";
import type { Signer } from "../crypto/signer.ts";
import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { judgePage } from "./judge-page.ts";
import type { LogFault } from "./log-fault.ts";
import { logOrigin } from "./log-name.ts";
import { publishCheckpoint, readPage, recordKeyChange } from "./log-queries.ts";
import type { LogStore } from "./log-store.ts";
import { signCheckpoint } from "./sign-checkpoint.ts";
import { DamagedTile, hashAt, tileWidth } from "./transparency/tile.ts";
import type { TileTree } from "./transparency/tile-tree.ts";
import type { Hash } from "./transparency/tree-hash.ts";

export type Log = {
  readonly env: Environment;
  readonly orgId: string;
  readonly store: LogStore;
  readonly tree: TileTree;
  /** The key that signs, by the key history that was read with the events. */
  readonly signerBy: (keys: HistoryRow | undefined) => Promise<Signer>;
  /** Logged events, by sequence, that somebody wants to be read again. */
  readonly doubts: Set<number>;
};

/** `more`: a backlog is left for another run. A fault stops the log until it is gone. */
export type RunResult = "done" | "more" | LogFault;

const pageEvents = 1000;
const maxPages = 50;
/** Logged events that each run reads again and compares, besides the last one; the next run goes on behind them. */
const recheckedEvents = 128;

/** Brings the log up to the database and signs it. Whatever was done before a kill is kept, and gone on from. */
export async function runLog(log: Log): Promise<RunResult> {
  try {
    const integrated = await integrate(log);
    return "keys" in integrated ? await sign(log, integrated.keys) : integrated.result;
  } catch (fault) {
    if (fault instanceof DamagedTile) return { reason: "storage_damaged", seq: log.store.size() };
    throw fault;
  }
}

/** The leaf hash at an index below the log's size. */
function leafAt({ readTile }: Pick<LogStore, "readTile">, index: number): Hash {
  return hashAt(readTile(0, Math.floor(index / tileWidth)) ?? new Uint8Array(0), index % tileWidth);
}

/** What is read again: where the log stopped, what is in doubt, the last event, and the next stretch of all of them. */
function toRecheck({ store, doubts }: Log, from: number, until: number): number[] {
  const stretch = Array.from({ length: Math.max(0, until - from) }, (_, at) => from + 1 + at);
  const stop = store.stop();
  const wanted = [...(stop === undefined ? [] : [stop.seq]), ...doubts, store.size(), ...stretch];
  return [...new Set(wanted)].filter((seq) => seq >= 1 && seq <= store.size());
}

type Integrated = { readonly keys: HistoryRow | undefined } | { readonly result: RunResult };

async function integrate(log: Log): Promise<Integrated> {
  const { env, orgId, store, tree, doubts } = log;
  for (let pages = 0; pages < maxPages; pages += 1) {
    const size = store.size();
    const from = pages === 0 ? store.checked() : size;
    const until = Math.min(from + recheckedEvents, size);
    const recheck = toRecheck(log, from, until);
    const page = await readPage(env, orgId, { size, recheck, most: pageEvents });
    const verdict = judgePage(page, { size, recheck, leafAt: (index) => leafAt(store, index), rootAt: tree.root });
    if (!verdict.ok) return { result: { reason: verdict.reason, seq: verdict.seq } };
    store.grow(size, verdict.leaves);
    for (const seq of recheck) doubts.delete(seq);
    if (pages === 0) store.keepChecked(until >= size ? 0 : until);
    if (store.size() >= page.head) return { keys: page.keys };
  }
  return { result: "more" };
}

async function sign({ env, orgId, store, tree, signerBy }: Log, keys: HistoryRow | undefined): Promise<RunResult> {
  const [size, last, signer] = [store.size(), store.signed(), await signerBy(keys)];
  if (size === 0) return "done";
  if (last?.size === size && last.kid !== signer.kid) {
    await recordKeyChange(env, orgId, last.kid, signer.kid);
    return "more";
  }
  if (last?.size !== size) {
    const signed = await signCheckpoint(signer, logOrigin(env.publicOrigin, orgId), { tree, size, last, now: currentTime() });
    if (signed === undefined) return { reason: "fork", seq: size };
    store.keepSigned(signed);
  }
  for (const checkpoint of store.unpublished()) {
    if (!(await publishCheckpoint(env, orgId, checkpoint))) return { reason: "fork", seq: checkpoint.size };
    store.keepPublished(checkpoint.size);
  }
  return "done";
}
