import { z } from "zod";
import type { SigningPurpose } from "../../crypto/statement/key-history.ts";
import { newSigningKey, SigningKey, type Secrets } from "../secrets.ts";

const settings = { statement: "STATEMENT_KEYS", checkpoint: "CHECKPOINT_KEYS" } as const satisfies Record<SigningPurpose, keyof Secrets>;

export type SigningSecrets = Pick<Secrets, (typeof settings)[SigningPurpose]>;

const Ring = z.object({ keys: z.tuple([SigningKey], SigningKey) });

/** The setting that holds the private keys of a purpose. */
export const settingOf = (purpose: SigningPurpose): keyof SigningSecrets => settings[purpose];

/** The private keys of a purpose, the newest first. */
export const ringOf = (secrets: SigningSecrets, purpose: SigningPurpose): z.output<typeof Ring>["keys"] =>
  Ring.parse(JSON.parse(secrets[settings[purpose]])).keys;

/** The same ring with a new key before the others. */
export const withNewKey = (ring: z.output<typeof Ring>["keys"]): z.output<typeof Ring>["keys"] => [newSigningKey(), ...ring];
