import { thumbprint } from "../../crypto/ed25519.ts";
import type { Signer } from "../../crypto/signer.ts";
import { signingPurposes, type HistoryChange, type SigningPurpose } from "../../crypto/statement/key-history.ts";
import type { RunAsAdmin } from "./act.ts";
import { changeKeyHistory, readNewestHistory } from "./change-key-history.ts";
import { ringOf, type SigningSecrets } from "./signing-ring.ts";

type Ground = { readonly root: Signer; readonly issuer: string; readonly now: Date };

/**
 * Brings a new installation's keys into its history: the first key of each ring that has never signed, and the address where the
 * installation is served. Answers how many changes it took; none where all is there.
 */
export async function introduceKeys(run: RunAsAdmin, ground: Ground, secrets: SigningSecrets): Promise<number> {
  const newest = await readNewestHistory(run);
  const changes: HistoryChange[] = [];
  if (newest !== null && newest.history.issuers[0] !== ground.issuer) changes.push({ kind: "move", issuer: ground.issuer });
  for (const purpose of signingPurposes) {
    if (newest?.history.keys.some((key) => key.purpose === purpose)) continue;
    changes.push(await introduction(purpose, ringOf(secrets, purpose)[0].x, ground.now));
  }
  for (const change of changes) await changeKeyHistory(run, ground, change);
  return changes.length;
}

/** A key that signs from now on, in the place of those of its purpose, which go on until `othersEndAt`. */
export const introduction = async (purpose: SigningPurpose, x: string, othersEndAt: Date): Promise<HistoryChange> => ({
  kind: "introduce",
  purpose,
  kid: await thumbprint(x),
  x,
  othersEndAt,
});
