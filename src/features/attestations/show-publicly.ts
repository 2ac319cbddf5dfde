import { openHistory, type HistoryRow } from "../../access/current-signer.ts";
import { importPublicKey } from "../../crypto/ed25519.ts";
import { standingOf } from "../../crypto/statement/key-history.ts";
import { openStatement } from "../../crypto/statement/open-statement.ts";
import { stateOf } from "./attestation.ts";
import type { AttestationRow } from "./store.ts";

export const unshownReasons = ["none_issued", "expired", "revoked", "signing_key_revoked", "unverifiable"] as const;
type Shown = {
  readonly ok: true;
  readonly row: AttestationRow;
  /** The version of the agent that it is about. */
  readonly versionNumber: number;
  readonly keyState: "active" | "superseded";
};
export type PublicAttestation = Shown | { readonly ok: false; readonly reason: (typeof unshownReasons)[number] };

/** Whether the newest attested score may be put before anyone as one that holds; what was taken back or ran out is named, and not shown. */
export async function showPublicly(
  row: AttestationRow | undefined,
  keyHistory: HistoryRow | undefined,
  now: Date,
): Promise<PublicAttestation> {
  if (row === undefined) return { ok: false, reason: "none_issued" };
  const state = stateOf(row, now);
  if (state !== "active") return { ok: false, reason: state };
  const { history } = await openHistory(keyHistory);
  const standing = standingOf(history, row.kid, "statement", row.issuedAt);
  if (standing.status === "revoked") return { ok: false, reason: "signing_key_revoked" };
  if (standing.status !== "active" && standing.status !== "superseded") return { ok: false, reason: "unverifiable" };
  const [read, publicKey] = await Promise.all([openStatement(row.statement), importPublicKey(standing.key.x)]);
  if (!read.ok || publicKey === undefined || !(await read.opened.isSignedBy(publicKey))) return { ok: false, reason: "unverifiable" };
  const { agent } = read.opened.statement.predicate;
  if (agent === undefined) return { ok: false, reason: "unverifiable" };
  return { ok: true, row, versionNumber: agent.versionNumber, keyState: standing.status };
}
