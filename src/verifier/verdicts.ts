/**
 * Everything that a check can find: the exit code of the program, whether it holds, and what it means. Where several fail, the
 * first of this list decides the exit code.
 */
export const verdicts = {
  malformed: [3, false, "not a document that this verifier knows"],
  signature_invalid: [11, false, "the content or the signature was changed, or another key signed it"],
  changed: [40, false, "something is not what was logged or signed"],
  missing: [41, false, "something in between was left out"],
  reordered: [42, false, "the order is not the logged one"],
  truncated: [43, false, "the end was cut off"],
  repeated: [44, false, "something is there twice"],
  unlogged: [45, false, "something is there that the checkpoint, or the transcript's signature, does not cover"],
  issuer_unverified: [10, false, "only the file itself says whose keys these are: pin the issuer's fingerprint"],
  signature_unchecked: [12, false, "no trusted key to check the signature with"],
  key_unknown: [13, false, "the key is not in the issuer's key history"],
  key_revoked: [14, false, "the key was revoked, and no outside witness saw this before its compromise"],
  key_outside_its_time: [15, false, "signed before the key was introduced or after it was superseded"],
  key_other_purpose: [16, false, "the key is for something else"],
  key_history_outdated: [17, false, "there is a newer key history than the one in the file"],
  checkpoint_badly_signed: [22, false, "the checkpoint was changed, or the log's key did not sign it"],
  checkpoint_of_other_log: [23, false, "the checkpoint is of another organization's log"],
  checkpoint_key_revoked: [24, false, "the log's key was revoked, and no outside witness saw this checkpoint before its compromise"],
  inclusion_invalid: [21, false, "the proof does not lead from the event to the checkpoint"],
  event_of_another: [25, false, "the logged event is about something else"],
  inclusion_absent: [20, false, "the file has no proof that this was logged"],
  revoked: [32, false, "the issuer took the attestation back"],
  expired: [30, false, "the attestation's time is over"],
  not_yet_valid: [31, false, "the attestation's time has not begun"],
  list_invalid: [35, false, "the revocation list is not this issuer's, or was changed"],
  list_early: [36, false, "the revocation list is dated after the time of this check"],
  list_stale: [33, false, "the revocation list is older than you allow"],
  list_absent: [34, false, "the file has no revocation list"],
  intent_invalid: [50, false, "the agent's own signature does not hold"],
  root_pinned: [0, true, "the key history is signed by the root key that you pinned"],
  key_pinned: [0, true, "you pinned the signing key itself; of its revocation nothing is known"],
  signature_valid: [0, true, "not one bit was changed since it was signed"],
  key_active: [0, true, "the key was signing at the time, and still is"],
  key_superseded: [0, true, "the key was signing at the time, and was replaced since"],
  key_revoked_witnessed: [0, true, "the key was revoked, but an outside witness saw this before its compromise"],
  included: [0, true, "the log's checkpoint covers it"],
  not_logged: [0, true, "a transcript is signed when it is exported: its messages' chain vouches for them, not the log"],
  not_expired: [0, true, "within its time"],
  not_revoked: [0, true, "not on the revocation list"],
  without_expiry: [0, true, "a receipt or a transcript says what happened, a co-signature stands until it is withdrawn: none expires"],
  not_revocable: [0, true, "a receipt or a transcript says what happened, and is not taken back"],
  complete: [0, true, "everything is there, in order"],
  archived: [0, true, "how the attestations in it stand now"],
  unbroken: [0, true, "each receipt names the one before it"],
  intent_valid: [0, true, "the agent signed what it wanted with its own key"],
  payment_stated: [0, true, "the issuer's word on a payment; whether the chain still holds it, ask the chain"],
  checkpoint_valid: [0, true, "the log's key signed it"],
} as const satisfies Record<string, readonly [exitCode: number, holds: boolean, meaning: string]>;

export type Verdict = keyof typeof verdicts;

export const checkNames = [
  "form",
  "issuer",
  "signature",
  "key",
  "log",
  "expiry",
  "revocation",
  "events",
  "messages",
  "receipts",
  "intent",
  "payment",
] as const;
export type CheckName = (typeof checkNames)[number];

/** One line of the report. */
export type Finding = { readonly check: CheckName; readonly verdict: Verdict; readonly detail: string };

export const finding = (check: CheckName, verdict: Verdict, detail = ""): Finding => ({ check, verdict, detail });

/** What a reader may take upon himself: things that the file does not show, and never something that it shows to be wrong. */
export const acceptable = ["inclusion_absent", "list_absent", "list_stale"] as const satisfies readonly Verdict[];
export type Acceptable = (typeof acceptable)[number];

export const holds = ({ verdict }: Finding, accepted: readonly Verdict[]): boolean => verdicts[verdict][1] || accepted.includes(verdict);

/** 0 where everything holds; else that of the gravest finding. */
export function exitCodeOf(findings: readonly Finding[], accepted: readonly Verdict[]): number {
  const failed = new Set<string>(findings.filter((one) => !holds(one, accepted)).map(({ verdict }) => verdict));
  const gravest = Object.entries(verdicts).find(([verdict]) => failed.has(verdict));
  return gravest?.[1][0] ?? 0;
}
