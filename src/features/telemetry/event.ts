import { encodeBase62 } from "../../crypto/base62.ts";
import { canonicalJson } from "../../crypto/canonical-json.ts";
import { sha256 } from "../../crypto/digest.ts";
import { idPrefixes, type Id } from "../../platform/ids.ts";

/** What an agent may tell of itself. */
export const telemetryTypes = ["session_start", "session_end", "tool_call"] as const;
export type TelemetryType = (typeof telemetryTypes)[number];

/** What a tool call that an agent tells of is, compared with what was recorded of that agent. */
export const matches = ["matched", "pending", "unmatched"] as const;
export type Match = (typeof matches)[number];

/** How long a tool call may wait for what it names to be recorded, in minutes. */
export const graceMinutes = 5;

/** How long an event is kept after it came, in days. The database deletes none before that (migrations/), whoever asks. */
export const retentionDays = 90;

/**
 * How long after an invocation began a call may be told to be it, in days. Much less than events are kept: what an invocation was is not forgotten
 * before it is too late to claim it again.
 */
export const claimDays = 30;

const dayMs = 86_400_000;

/** From when on events are kept. */
export const keptSince = (now: Date): Date => new Date(now.getTime() - retentionDays * dayMs);

const window = { pastHours: 24, futureMinutes: 5 } as const;

/** What is wrong with when an event is said to have been; undefined where it may be so. Clocks differ by a little, and calls are batched. */
export function refuseTime(at: Date, now: Date): string | undefined {
  const ageMs = now.getTime() - at.getTime();
  if (Number.isNaN(ageMs)) return "No time that there is.";
  if (ageMs > window.pastHours * 3_600_000) return `More than ${window.pastHours} hours ago.`;
  if (-ageMs > window.futureMinutes * 60_000) return `More than ${window.futureMinutes} minutes from now.`;
  return undefined;
}

/** 128 bits of the SHA-256 of the canonical JSON of [agent, its name for the event]: the same event has the same identifier. */
export async function telemetryId(agentId: string, eventId: string): Promise<Id<"telemetryEvent">> {
  const digest = await sha256(canonicalJson([agentId, eventId]));
  return `${idPrefixes.telemetryEvent}_${encodeBase62(digest.subarray(0, 16), 22)}`;
}
