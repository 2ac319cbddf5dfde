import { sweepLogs } from "./audit/sweep-logs.ts";
import { findOpenRuns, purgeExpired, purgeWebhooks } from "./db/cross-tenant.ts";
import type { Environment, EnvironmentFault } from "./env.ts";
import { expireApprovals } from "./features/approvals/index.ts";
import { lapseGrace } from "./features/billing/index.ts";
import { sweepOffers } from "./features/cosignatures/index.ts";
import { countEffects } from "./features/effects/index.ts";
import { sweepAfterMs, sweepRuns } from "./features/evals/index.ts";
import { sweepRatings } from "./features/ratings/index.ts";
import { keepScores } from "./features/scores/index.ts";
import { purgeTelemetry } from "./features/telemetry/index.ts";
import { describeFault } from "./platform/describe-fault.ts";
import { currentTime } from "./platform/clock.ts";
import { log } from "./platform/logger.ts";
import { sweepWebhooks } from "./webhooks/sweep-webhooks.ts";

const mostRuns = 100;

/** Twice a minute, so that an event whose poke was lost is in a checkpoint within 60 s: cron has nothing finer. */
const betweenSweepsMs = 30_000;
const pause = (): Promise<void> => scheduler.wait(betweenSweepsMs);

/**
 * What runs every minute: runs that stopped moving are restarted or closed, logs that are late are woken, what another
 * organization co-signed or rated is noted, effects become evidence, what was not paid for within its grace ends, approvals that nobody gave
 * in time expire, webhooks that are late are woken, what has expired is dropped, and
 * scores keep pace with their age. `halfAMinute` passes before logs are looked for once more.
 */
export async function runScheduledWork(
  parsed: { ok: true; env: Environment } | EnvironmentFault,
  now: Date,
  halfAMinute: () => Promise<void> = pause,
): Promise<void> {
  if (!parsed.ok) return log("error", "scheduled_work_skipped", { missing: parsed.missing.join(", ") });
  const { env } = parsed;
  await attempt("sweepLogs", () => sweepLogs(env, now));
  await attempt("sweepRuns", async () => sweepRuns(env, await findOpenRuns(env, new Date(now.getTime() - sweepAfterMs), mostRuns), now));
  await attempt("sweepOffers", () => sweepOffers(env, now));
  await attempt("sweepRatings", () => sweepRatings(env, now));
  await attempt("countEffects", () => countEffects(env, now));
  await attempt("lapseGrace", () => lapseGrace(env, now));
  await attempt("expireApprovals", () => expireApprovals(env, now));
  await attempt("purgeExpired", () => purgeExpired(env));
  await attempt("sweepWebhooks", () => sweepWebhooks(env, now));
  await attempt("purgeWebhooks", () => purgeWebhooks(env));
  await attempt("purgeTelemetry", () => purgeTelemetry(env));
  await Promise.all([attempt("keepScores", () => keepScores(env, now)), halfAMinute()]);
  await attempt("sweepLogs", () => sweepLogs(env, currentTime()));
}

async function attempt(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    log("error", "scheduled_work_failed", { name, fault: describeFault(fault) });
  }
}
