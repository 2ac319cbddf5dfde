import { thumbprint } from "../../crypto/ed25519.ts";
import type { Signer } from "../../crypto/signer.ts";
import type { RevocationReason, SigningPurpose } from "../../crypto/statement/key-history.ts";
import type { RunAsAdmin } from "./act.ts";
import { changeKeyHistory } from "./change-key-history.ts";
import { introduction } from "./introduce-keys.ts";
import { ringOf, settingOf, withNewKey, type SigningSecrets } from "./signing-ring.ts";

type Ground = { readonly root: Signer; readonly issuer: string; readonly now: Date };

export type Rotation = {
  readonly kid: string;
  /** The setting that has to reach the Worker, and until when: the old key signs until then. */
  readonly setting: keyof SigningSecrets;
  readonly until: Date;
};

/**
 * Makes a new key for a purpose. `keep` puts the grown ring where the Worker's secrets are kept; only then is the key introduced, so that
 * a failure in between leaves a key that signs nothing.
 */
export async function rotateSigningKey(
  run: RunAsAdmin,
  ground: Ground,
  { purpose, overlapMs, secrets }: { readonly purpose: SigningPurpose; readonly overlapMs: number; readonly secrets: SigningSecrets },
  keep: (secrets: Partial<SigningSecrets>) => Promise<void>,
): Promise<Rotation> {
  const keys = withNewKey(ringOf(secrets, purpose));
  const setting = settingOf(purpose);
  const until = new Date(ground.now.getTime() + overlapMs);
  await keep({ [setting]: JSON.stringify({ keys }) });
  await changeKeyHistory(run, ground, await introduction(purpose, keys[0].x, until));
  return { kid: await thumbprint(keys[0].x), setting, until };
}

/** Takes a key's word away. What it signed counts only where an outside witness saw it before `since`. */
export const revokeSigningKey = (
  run: RunAsAdmin,
  ground: Ground,
  key: { readonly kid: string; readonly reason: RevocationReason; readonly since: Date },
): Promise<unknown> => changeKeyHistory(run, ground, { kind: "revoke", ...key });
