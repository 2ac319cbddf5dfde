import { z } from "@hono/zod-openapi";
import { AnyJson } from "../expressions/any-json.ts";

const Count = z.int().min(0);

/** What a grant has used before this invocation, in the mode that it is in. Days and months are of UTC, money is in millionths. */
const Counters = z.strictObject({
  total: Count,
  today: Count,
  month: Count,
  /** In the last 60 s. */
  lastMinute: Count,
  spentTodayMicros: Count,
  spentMonthMicros: Count,
  /** What this invocation costs; null where that is not known. */
  costMicros: Count.nullable(),
});

/** What a decision is made over: the variables of a policy's rules, by name. */
export const DecisionFacts = z.strictObject({
  /** `capability` is its id; `method` is the HTTP method, or the name of the upstream's tool. */
  action: z.strictObject({ capability: z.string(), kind: z.enum(["http", "mcp"]), method: z.string() }),
  arguments: z.record(z.string(), AnyJson),
  /** Without its name: whoever holds its key gives it another one, and it is the same version. */
  agent: z.strictObject({ id: z.string(), versionNumber: z.int() }),
  /** What is not known is null: never 0, and never a pass. Comparing null with a number is an error, and so a denial. */
  score: z.strictObject({
    compositeScore: z.number().nullable(),
    tier: z.string().nullable(),
    confidence: z.number().nullable(),
    status: z.string().nullable(),
  }),
  grant: z.strictObject({ id: z.string(), expiresAt: z.iso.datetime().nullable() }),
  counters: Counters,
  /** Of UTC. `weekday` is 1 for Monday to 7 for Sunday, as in ISO 8601. */
  time: z.strictObject({ iso: z.iso.datetime(), hour: z.int(), weekday: z.int(), epochSeconds: z.int() }),
  mode: z.enum(["simulation", "production"]),
});
export type DecisionFacts = z.output<typeof DecisionFacts>;

/** The time of a decision as rules see it. */
export function timeFacts(now: Date): DecisionFacts["time"] {
  const epochSeconds = Math.floor(now.getTime() / 1_000);
  return { iso: now.toISOString(), hour: now.getUTCHours(), weekday: now.getUTCDay() || 7, epochSeconds };
}
