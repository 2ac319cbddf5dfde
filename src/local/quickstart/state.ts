import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { readPrivateFile, writePrivateFile } from "../private-file.ts";

/** How far the quickstart has come. It is written after each step, so that the next start goes on from there. */
const State = z.object({
  /** Part of every Idempotency-Key: a step that was done, but not noted any more, is not done again. */
  seed: z.string(),
  agentPort: z.int().optional(),
  clerkPort: z.int().optional(),
  shopPort: z.int().optional(),
  orgId: z.string().optional(),
  apiKey: z.string().optional(),
  agentId: z.string().optional(),
  /** Whether the organization has its owner, who signs in with a link. */
  owned: z.boolean().optional(),
  pactId: z.string().optional(),
  activated: z.boolean().optional(),
  /** Whether the key may have webhooks: not told of an installation that is older than they are. */
  hears: z.boolean().optional(),
  /** Its secret is shown once, when it is made. */
  webhook: z.object({ endpointId: z.string(), secret: z.string() }).optional(),
  /** Whether a delivery of a changed score was shown. */
  told: z.boolean().optional(),
  finished: z.boolean().default(false),
  /** Whether the score was attested; an installation that is older than attestations has none to say. */
  attested: z.boolean().optional(),
  /** Whether two agents met in a room; not told of an installation that is older than rooms, whose key may not enter one. */
  met: z.boolean().optional(),
  /** Whether an agent was granted the shop's refunds; not told of an installation that is older than grants. */
  governed: z.boolean().optional(),
});
export type State = z.output<typeof State>;

export type Progress = { readonly state: Readonly<State>; readonly note: (change: Partial<State>) => Promise<void> };

export async function openProgress(folder: string): Promise<Progress> {
  const file = join(folder, "quickstart.json");
  let state = State.parse((await readPrivateFile(file)) ?? { seed: randomBytes(9).toString("base64url") });
  let written = Promise.resolve();
  return {
    get state() {
      return state;
    },
    // One after the other: steps that run side by side note what they did at the same time.
    note: (change) => {
      state = { ...state, ...change };
      const whole = state;
      written = written.then(() => writePrivateFile(file, whole));
      return written;
    },
  };
}
