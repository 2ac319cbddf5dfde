import { DurableObject } from "cloudflare:workers";
import { requireEnvironment, type Bindings } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { describeFault } from "../platform/describe-fault.ts";
import { newId } from "../platform/ids.ts";
import { log } from "../platform/logger.ts";
import { loadBatch, openDelivererDb } from "./load-batch.ts";
import type { EndpointAddress } from "./poke-endpoint.ts";
import { recordBatch } from "./record-batch.ts";
import { sendBatch } from "./send-batch.ts";
import { sendDelivery, sendTimeoutMs } from "./send-delivery.ts";

/** While a run goes on, an alarm stands behind it in case this object ends first. */
const graceMs = 60_000;
/** A batch starts nothing more after that long, so that what was sent is recorded before long. */
const batchMs = 20_000;
/** A run ends after that long, and another follows: an alarm may take 15 minutes. */
const runMs = 300_000;
/**
 * And after so many batches: each delivery costs two look-ups of a name and a request, and what one invocation may call out is limited, to
 * 1,000 at the least. Beyond it the database would be out of reach too. Each alarm begins at nought.
 */
const mostBatches = 5;
/** After the first failure of a run, then after twice as long, up to the longest. */
const [firstRetryMs, longestRetryMs] = [2_000, 300_000];
/** How often a batch's outcome is written again before what was sent is left to be sent again. */
const recordRetriesMs = [500, 2_000, 5_000];

/**
 * One per endpoint: the only place from which its deliveries leave, so a receiver that hangs holds up nobody else's. It keeps nothing but its
 * address: what is due, the database knows. Whenever it ends, it goes on from there, and sends what it had not recorded again under its id.
 */
export class WebhookDeliverer extends DurableObject<Bindings> {
  #address = this.ctx.storage.kv.get<EndpointAddress>("address");
  #running: Promise<void> | undefined;
  /** Something was queued, or changed, since the run last looked. */
  #isTold = false;
  /** The endpoint has changed since the batch was loaded. */
  #isHalted = false;
  #failures = 0;

  /** Says that there may be something to deliver. Answers at once; at most one run is under way, and looks again. */
  async poke(address: EndpointAddress): Promise<void> {
    this.#serve(address);
    this.#isTold = true;
    void this.#begin();
  }

  /** Says that the endpoint itself has changed: nothing more of what was loaded before is started. */
  async halt(address: EndpointAddress): Promise<void> {
    this.#isHalted = true;
    await this.poke(address);
  }

  override async alarm(): Promise<void> {
    this.#isTold = true;
    await this.#begin();
  }

  #serve(address: EndpointAddress): void {
    if (this.#address !== undefined) return;
    this.#address = address;
    this.ctx.storage.kv.put("address", address);
  }

  #begin(): Promise<void> {
    if (this.#running !== undefined || this.#address === undefined) return this.#running ?? Promise.resolve();
    this.#running = this.#run(this.#address).finally(() => {
      this.#running = undefined;
      // Told in the run's last moment, after it had looked.
      if (this.#isTold) void this.#begin();
    });
    // Goes on where whoever poked has gone away.
    this.ctx.waitUntil(this.#running);
    return this.#running;
  }

  /** Never fails: the platform gives up on an alarm that fails six times, so this one is set anew instead. */
  async #run(address: EndpointAddress): Promise<void> {
    try {
      await this.ctx.storage.setAlarm(this.#now().getTime() + graceMs);
      const next = await this.#deliver(address);
      this.#failures = 0;
      if (next === undefined) await this.#forget();
      else await this.ctx.storage.setAlarm(next);
    } catch (fault) {
      this.#isTold = false;
      const { endpointId } = address;
      log("error", "webhook_run_failed", { endpointId, failures: this.#failures, fault: describeFault(fault) });
      const pauseMs = Math.min(firstRetryMs * 2 ** Math.min(this.#failures, 20), longestRetryMs);
      this.#failures += 1;
      await this.ctx.storage.setAlarm(this.#now().getTime() + pauseMs);
    }
  }

  /** Nothing waits: an object that keeps nothing costs nothing. Whoever pokes next says the address again. */
  async #forget(): Promise<void> {
    this.#address = undefined;
    await Promise.all([this.ctx.storage.deleteAlarm(), this.ctx.storage.deleteAll()]);
  }

  /** Delivers until nothing is due. Answers when something is again. */
  async #deliver(address: EndpointAddress): Promise<Date | undefined> {
    const endsAt = this.#now().getTime() + runMs;
    for (let batches = 1; ; batches += 1) {
      this.#isTold = false;
      this.#isHalted = false;
      const next = await this.#deliverBatch(address);
      const now = this.#now();
      const isDue = this.#isTold || (next !== undefined && next <= now);
      if (!isDue) return next;
      if (now.getTime() < endsAt && batches < mostBatches) continue;
      // The alarm that is set for now looks again.
      this.#isTold = false;
      return now;
    }
  }

  async #deliverBatch(address: EndpointAddress): Promise<Date | undefined> {
    const env = requireEnvironment(this.env);
    const tenant = openDelivererDb(env, address);
    const loaded = await loadBatch(env, tenant, address, this.#now());
    if (loaded.kind !== "due") return loaded.kind === "idle" ? loaded.nextDue : undefined;
    const { due, target, health, revision } = loaded;
    const startsUntil = this.#now().getTime() + batchMs;
    const judged = await sendBatch(due, {
      health,
      send: (delivery) => sendDelivery(env, target, delivery, sendTimeoutMs),
      mayStart: () => !this.#isHalted && this.#now().getTime() < startsUntil,
      jitter: chance,
    });
    if (judged.changes.length === 0) return this.#now();
    const recorded = { address, revision, health, judged, eventId: newId("auditEvent"), now: this.#now() };
    return await persevere(() => recordBatch(tenant, recorded));
  }

  readonly #now = currentTime;
}

/** Evenly from 0 to 1. */
function chance(): number {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  return drawn / 0xffff_ffff;
}

/** Tries again after each pause, and then fails as the last attempt did. */
async function persevere<T>(work: () => Promise<T>): Promise<T> {
  for (const pauseMs of recordRetriesMs) {
    try {
      return await work();
    } catch (fault) {
      log("warn", "webhook_batch_not_recorded", { fault: describeFault(fault) });
      await scheduler.wait(pauseMs);
    }
  }
  return await work();
}
