import { findUnlogged } from "../db/cross-tenant.ts";
import type { Environment } from "../env.ts";
import { log } from "../platform/logger.ts";
import { checkpointSigner } from "./checkpoint-signer.ts";
import { logOf } from "./poke-log.ts";

/** By then the alarm of the event's own poke should have run. */
const lateAfterMs = 20_000;
const mostLogs = 200;

/** Wakes the logs that a lost poke, the admin command or a new key left behind. Returns how many. */
export async function sweepLogs(env: Environment, now: Date): Promise<number> {
  const { kid } = await checkpointSigner(env);
  const late = await findUnlogged(env, kid, new Date(now.getTime() - lateAfterMs), mostLogs);
  for (const orgId of late) {
    try {
      await logOf(env, orgId).poke(orgId, 0);
    } catch (fault) {
      log("warn", "log_out_of_reach", { orgId, fault: fault instanceof Error ? fault.name : "unknown" });
    }
  }
  return late.length;
}
