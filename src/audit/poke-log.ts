import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";

/** Clocks of two machines may be so far apart. */
const clockSkewMs = 2_000;
/** When each log looks next: whatever is committed before that is covered, and whatever comes later is not. */
const looksAt = new Map<string, number>();
const rememberedLogs = 10_000;
const attempts = 3;
const retryAfterMs = 1_000;

/** The organization's log. Only an organization that a credential, its own rows or our records named may be named here. */
export const logOf = ({ bindings: { TRANSPARENCY_LOG: logs } }: Environment, orgId: string) => logs.get(logs.idFromName(orgId));

/** Tells the organization's log of a new event. One that is lost is found by the sweep, so it never fails its caller. */
export async function pokeLog(env: Environment, orgId: string): Promise<void> {
  if ((looksAt.get(orgId) ?? -Infinity) > currentTime().getTime() + clockSkewMs) return;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      const next = await logOf(env, orgId).poke(orgId);
      if (looksAt.size >= rememberedLogs) looksAt.clear();
      looksAt.set(orgId, next);
      return;
    } catch (fault) {
      log("warn", "log_poke_lost", { orgId, attempt, fault: fault instanceof Error ? fault.name : "unknown" });
      if (attempt < attempts) await scheduler.wait(retryAfterMs);
    }
  }
}
