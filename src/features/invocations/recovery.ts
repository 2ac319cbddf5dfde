import { z } from "zod";
import type { SealedBox } from "../../crypto/sealed-box.ts";
import { JudgedCondition } from "../../grants/invocation.ts";
import { grantModes } from "../../grants/mode.ts";
import { sealInput, type UndecidedInput } from "../../grants/recorded-input.ts";

/** What is known of an invocation before it is decided. */
export const Attempt = z.object({
  id: z.string(),
  grantId: z.string(),
  agentId: z.string(),
  capabilityId: z.string(),
  policy: z.object({ id: z.string(), version: z.int(), digest: z.string().nullable() }),
  mode: z.enum(grantModes),
  basis: z.string(),
  requestDigest: z.string(),
  actionDigest: z.string(),
  pactChecks: z.array(JudgedCondition),
  counterparty: z.string().nullable(),
  costMicros: z.int().nullable(),
  /** Milliseconds since 1970. */
  at: z.int(),
});
export type Attempt = z.output<typeof Attempt>;

/** What the ledger keeps of a reservation, so that what was sent is receipted whatever dies. Nothing in it is secret: the input is sealed. */
export const Recovery = z.object({
  attempt: Attempt,
  agentVersion: z.object({ number: z.int(), digest: z.string() }),
  approvalId: z.string().nullable(),
  sealedInput: z.string(),
  /** Said by the ledger, where it was told so: nothing was sent, and nothing will be. */
  unsent: z.boolean().default(false),
});
type Kept = z.input<typeof Recovery>;

export const planRecovery = async (box: SealedBox, input: UndecidedInput, known: Omit<Kept, "sealedInput" | "unsent">): Promise<Kept> => ({
  ...known,
  sealedInput: await sealInput(box, known.attempt.id, input),
});
