import { z } from "zod";
import { severities } from "../expressions/outcome.ts";

/**
 * How an invocation stands. `denied`: decided against. `pending`: waits for a person. `simulated`: decided for, and nothing was sent.
 * `executed`: the upstream confirmed it. `failed`: the upstream refused it, or could not be reached. `unknown`: it was sent, and nobody
 * knows what came of it.
 */
export const invocationStatuses = ["denied", "pending", "simulated", "executed", "failed", "unknown"] as const;
export type InvocationStatus = (typeof invocationStatuses)[number];

/** What is known of the effect of what was sent. */
export const invocationEffects = ["confirmed", "failed", "unknown"] as const;
export type InvocationEffect = (typeof invocationEffects)[number];

/** What a person said of a simulated invocation: whether it would have been right to send it. */
export const reviewVerdicts = ["accepted", "rejected"] as const;
export type ReviewVerdict = (typeof reviewVerdicts)[number];

/** What a condition of an active pact came to on the arguments of an invocation; those that could not be judged are left out. */
export const JudgedCondition = z.object({
  /** Of what the condition promises: the same promise has the same digest in every version of the pact. */
  digest: z.string(),
  pactDigest: z.string(),
  conditionId: z.string(),
  severity: z.enum(severities),
  kept: z.boolean(),
});
export type JudgedCondition = z.output<typeof JudgedCondition>;
