import { currentSigner, openHistory, signerBy, type HistoryRow } from "../access/current-signer.ts";
import { fromBase64Url } from "../crypto/base64url.ts";
import type { Signer } from "../crypto/signer.ts";
import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";

/** The key that signs checkpoints now, as the key history has it: one round trip. */
export const checkpointSigner = (env: Environment): Promise<Signer> => currentSigner(env, "checkpoint", currentTime());

/** The same by a key history that was read with something else. */
export const checkpointSignerBy = async (env: Environment, row: HistoryRow | undefined): Promise<Signer> =>
  signerBy(await openHistory(row), env, "checkpoint", currentTime());

/** The public keys whose checkpoints count, 32 raw bytes each: superseded ones too, revoked ones not. */
export async function checkpointKeysBy(row: HistoryRow | undefined): Promise<Uint8Array<ArrayBuffer>[]> {
  const { history } = await openHistory(row);
  return history.keys.flatMap(({ x, purpose, revoked }) => {
    const publicKey = fromBase64Url(x);
    return purpose === "checkpoint" && revoked === null && publicKey !== undefined ? [publicKey] : [];
  });
}
