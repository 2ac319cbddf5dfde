import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { log } from "../platform/logger.ts";

/** Half of what the log waits before it signs: whatever is written within it is still covered by the alarm of the last poke. */
const pokedForMs = 10_000;
const pokedAt = new Map<string, number>();
const rememberedLogs = 10_000;

/** The organization's log. Only an organization that a credential, its own rows or our records named may be named here. */
export const logOf = ({ bindings: { TRANSPARENCY_LOG: logs } }: Environment, orgId: string) => logs.get(logs.idFromName(orgId));

/** Tells the organization's log of a new event. One that is lost is found by the minute's sweep, so it never fails its caller. */
export async function pokeLog(env: Environment, orgId: string): Promise<void> {
  const now = currentTime().getTime();
  if ((pokedAt.get(orgId) ?? -Infinity) > now - pokedForMs) return;
  try {
    await logOf(env, orgId).poke(orgId);
    if (pokedAt.size >= rememberedLogs) pokedAt.clear();
    pokedAt.set(orgId, now);
  } catch (fault) {
    log("warn", "log_poke_lost", { orgId, fault: fault instanceof Error ? fault.name : "unknown" });
  }
}
