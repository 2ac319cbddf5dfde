import { DurableObject } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { log } from "../platform/logger.ts";
import { checkpointSignerBy } from "./checkpoint-signer.ts";
import type { LogFault, LogStop } from "./log-fault.ts";
import { recordStop } from "./log-queries.ts";
import { logStore, type SignedCheckpoint } from "./log-store.ts";
import { runLog, type Log } from "./run-log.ts";
import { DamagedTile, widthInTree, type TileAddress } from "./transparency/tile.ts";
import { openTileTree, readLeaves } from "./transparency/tile-tree.ts";
import { hashBytes, type Hash } from "./transparency/tree-hash.ts";

/** An event is in a signed checkpoint at most 60 s after it was written: this, the work itself, and time for further attempts. */
const signWithinMs = 20_000;
const retryAfterMs = 10_000;
/** 2 MiB. */
const maxLeafHashes = 65_536;

export type LogRefusal =
  | { readonly ok: false; readonly reason: "stopped"; readonly stop: LogStop }
  /** `unavailable`: something that it needs is out of reach. `behind`: not integrated yet. `out_of_range`: no such leaf or size. */
  | { readonly ok: false; readonly reason: "unavailable" | "behind" | "out_of_range" };
export type LogHead = { readonly ok: true } & Pick<SignedCheckpoint, "size" | "root" | "kid" | "note" | "signedAt">;
export type LogStatus = { readonly size: number; readonly signed: SignedCheckpoint | undefined; readonly stop: LogStop | undefined };
export type ConsistencyAnswer = { readonly ok: true; readonly hashes: Hash[]; readonly from: Hash; readonly to: Hash };

/** One per organization: the only place where its events become a tree and the tree is signed. */
export class TransparencyLog extends DurableObject<Bindings> {
  readonly #store = logStore(this.ctx.storage);
  readonly #tree = openTileTree(this.#store.readTile);
  #orgId = this.ctx.storage.kv.get<string>("orgId");
  readonly #doubts = new Set<number>();
  #tail: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;

  /**
   * Says that there may be something to log, and answers when the log looks next, in milliseconds since 1970. The caller was told the
   * organization by a credential or by our own records.
   */
  async poke(orgId: string, withinMs: number = signWithinMs): Promise<number> {
    this.#serve(orgId);
    return this.#wakeBy(currentTime().getTime() + withinMs);
  }

  override async alarm(): Promise<void> {
    await this.#attempt();
  }

  /** A signed checkpoint of at least `covering` leaves, signed now where there is none yet; of any size for 0. */
  async head(orgId: string, covering: number): Promise<LogHead | LogRefusal> {
    this.#serve(orgId);
    const reached = this.#covers(covering) || (await this.#attempt());
    const [signed, stop] = [this.#store.signed(), this.#store.stop()];
    // The newest one may be the fork itself: where another of its size was published first, it is never handed out.
    if (stop?.reason === "fork") return { ok: false, reason: "stopped", stop };
    if (signed !== undefined && this.#covers(covering)) return { ok: true, ...signed };
    if (!reached) return { ok: false, reason: "unavailable" };
    return stop === undefined ? { ok: false, reason: "behind" } : { ok: false, reason: "stopped", stop };
  }

  /** The siblings of a leaf up to the root of the tree of `size` leaves. */
  async inclusionProof(orgId: string, index: number, size: number): Promise<{ readonly ok: true; readonly hashes: Hash[] } | LogRefusal> {
    this.#serve(orgId);
    if (!Number.isSafeInteger(index) || index < 0 || index >= size || size > this.#store.size())
      return { ok: false, reason: "out_of_range" };
    return this.#fromTiles(() => ({ ok: true, hashes: this.#tree.inclusionProof(index, size) }));
  }

  /** The same for many leaves of one tree, in their order. */
  async inclusionProofs(
    orgId: string,
    indexes: readonly number[],
    size: number,
  ): Promise<{ readonly ok: true; readonly proofs: Hash[][] } | LogRefusal> {
    this.#serve(orgId);
    if (indexes.some((index) => !Number.isSafeInteger(index) || index < 0 || index >= size) || size > this.#store.size())
      return { ok: false, reason: "out_of_range" };
    return this.#fromTiles(() => ({ ok: true, proofs: indexes.map((index) => this.#tree.inclusionProof(index, size)) }));
  }

  /** What shows that the tree of `to` leaves begins with that of `from`, and both roots. */
  async consistencyProof(orgId: string, from: number, to: number): Promise<ConsistencyAnswer | LogRefusal> {
    this.#serve(orgId);
    if (!Number.isSafeInteger(from) || from < 1 || !Number.isSafeInteger(to) || from > to || to > this.#store.size())
      return { ok: false, reason: "out_of_range" };
    return this.#fromTiles(() => ({
      ok: true,
      hashes: this.#tree.consistencyProof(from, to),
      from: this.#tree.root(from),
      to: this.#tree.root(to),
    }));
  }

  /** A tile as far as signed checkpoints reach. */
  async tile(orgId: string, { level, index, width }: TileAddress): Promise<Hash | undefined> {
    this.#serve(orgId);
    if (widthInTree(level, index, this.#store.signed()?.size ?? 0) < width) return undefined;
    const stored = this.#store.readTile(level, index);
    return stored === undefined || stored.length < width * hashBytes ? undefined : Uint8Array.from(stored.subarray(0, width * hashBytes));
  }

  /** Leaf hashes from index `from` up to `to`, one behind the other. */
  async leafHashes(orgId: string, from: number, to: number): Promise<Hash | undefined> {
    this.#serve(orgId);
    if (!(from >= 0 && from <= to && to <= this.#store.size() && to - from <= maxLeafHashes)) return undefined;
    return readLeaves(this.#store.readTile, from, to);
  }

  async status(orgId: string): Promise<LogStatus> {
    this.#serve(orgId);
    return { size: this.#store.size(), signed: this.#store.signed(), stop: this.#store.stop() };
  }

  /** Reads one logged event again, and stops the log where it is no longer what was logged. */
  async doubt(orgId: string, seq: number): Promise<LogStop | undefined> {
    this.#serve(orgId);
    this.#doubts.add(seq);
    await this.#attempt();
    return this.#store.stop();
  }

  /** A run that cannot reach the database or the key is tried again before long, whoever asked for it. */
  async #attempt(): Promise<boolean> {
    try {
      await this.#integrate();
      return true;
    } catch (fault) {
      log("error", "log_run_failed", { orgId: this.#orgId, fault: describeFault(fault) });
      await this.#wakeBy(currentTime().getTime() + retryAfterMs);
      return false;
    }
  }

  /** Runs come one after the other. Whoever asks while one runs gets the next: it starts after what they ask for was written. */
  #integrate(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    const next = this.#tail
      .catch(() => undefined)
      .then(() => {
        this.#waiting = undefined;
        return this.#run();
      });
    this.#waiting = next;
    this.#tail = next;
    return next;
  }

  async #run(): Promise<void> {
    if (this.#orgId === undefined) throw new Error("the log does not know whose it is");
    const env = requireEnvironment(this.env);
    const work: Log = {
      env,
      orgId: this.#orgId,
      store: this.#store,
      tree: this.#tree,
      signerBy: (keys) => checkpointSignerBy(env, keys),
      doubts: this.#doubts,
    };
    let result = await runLog(work);
    // A new key has only now got something to sign.
    if (result === "more") result = await runLog(work);
    if (result === "more") await this.#wakeBy(currentTime().getTime());
    else if (result === "done") this.#store.resume();
    else await this.#stop(work, result);
  }

  /** Says so once; the log stays where it is until a run finds the fault gone. */
  async #stop({ env, orgId }: Log, { reason, seq }: LogFault): Promise<void> {
    const known = this.#store.stop();
    if (known?.reason === reason && known.seq === seq) return;
    const stop = { reason, seq, since: currentTime().getTime() };
    this.#store.keepStop(stop);
    log("error", "log_stopped", { orgId, reason, seq });
    await recordStop(env, orgId, stop);
  }

  #fromTiles<T>(prove: () => T): T | LogRefusal {
    try {
      return prove();
    } catch (fault) {
      if (!(fault instanceof DamagedTile)) throw fault;
      log("error", "log_tile_damaged", { orgId: this.#orgId });
      return { ok: false, reason: "stopped", stop: { reason: "storage_damaged", seq: this.#store.size(), since: currentTime().getTime() } };
    }
  }

  #covers(leaves: number): boolean {
    const signed = this.#store.signed();
    return signed !== undefined && signed.size >= leaves;
  }

  /** An alarm has no caller to tell it whose log this is. */
  #serve(orgId: string): void {
    if (this.#orgId === orgId) return;
    if (this.#orgId !== undefined) throw new Error("a log of another organization");
    this.ctx.storage.kv.put("orgId", orgId);
    this.#orgId = orgId;
  }

  async #wakeBy(at: number): Promise<number> {
    const set = await this.ctx.storage.getAlarm();
    if (set !== null && set <= at) return set;
    await this.ctx.storage.setAlarm(at);
    return at;
  }
}
