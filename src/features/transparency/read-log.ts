import type { HistoryRow } from "../../access/current-signer.ts";
import { checkpointKeysBy } from "../../audit/checkpoint-signer.ts";
import { logOf } from "../../audit/poke-log.ts";
import { logOrigin } from "../../audit/log-name.ts";
import { formatVerifierKey, verifierKey } from "../../audit/transparency/signed-note.ts";
import { toBase64 } from "../../crypto/encoding.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import type { LogView } from "./schemas.ts";

/** How a log stands. The caller has found that there is such a log, and read the key history with it. */
export async function readLog(env: Environment, orgId: string, history: HistoryRow | undefined): Promise<LogView> {
  const [{ signed, stop }, keys] = await Promise.all([logOf(env, orgId).status(orgId), checkpointKeysBy(history)]);
  if (signed === undefined) throw problem("unavailable", "the log has signed nothing yet");
  const origin = logOrigin(env.publicOrigin, orgId);
  return {
    logId: orgId,
    origin,
    verifierKeys: keys.map((publicKey) => formatVerifierKey(verifierKey(origin, 1, publicKey))),
    state: stop === undefined ? "running" : "stopped",
    stopped: stop === undefined ? null : { reason: stop.reason, seq: stop.seq, since: new Date(stop.since).toISOString() },
    size: signed.size,
    root: toBase64(signed.root),
    signedAt: new Date(signed.signedAt).toISOString(),
  };
}
