import { sweepLogs } from "./audit/sweep-logs.ts";
import { findOpenRuns, purgeExpired } from "./db/cross-tenant.ts";
import type { Environment, EnvironmentFault } from "./env.ts";
import { sweepOffers } from "./features/cosignatures/index.ts";
import { sweepAfterMs, sweepRuns } from "./features/evals/index.ts";
import { describeFault } from "./http/as-problem.ts";
import { log } from "./platform/logger.ts";

const mostRuns = 100;

/** What runs every minute: runs that stopped moving are restarted or closed, logs that are late are woken, what
 * another organization co-signed is noted, and what has expired is dropped. */
export async function runScheduledWork(parsed: { ok: true; env: Environment } | EnvironmentFault, now: Date): Promise<void> {
  if (!parsed.ok) return log("error", "scheduled_work_skipped", { missing: parsed.missing.join(", ") });
  const { env } = parsed;
  const work = {
    sweepRuns: async () => sweepRuns(env, await findOpenRuns(env, new Date(now.getTime() - sweepAfterMs), mostRuns), now),
    sweepLogs: () => sweepLogs(env, now),
    sweepOffers: () => sweepOffers(env, now),
    purgeExpired: () => purgeExpired(env),
  };
  for (const [name, run] of Object.entries(work)) {
    try {
      await run();
    } catch (fault) {
      log("error", "scheduled_work_failed", { name, fault: describeFault(fault) });
    }
  }
}
