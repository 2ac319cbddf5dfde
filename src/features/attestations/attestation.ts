export const attestationKinds = ["score", "eval_run", "pact"] as const;
export type AttestationKind = (typeof attestationKinds)[number];

/** The longest that an attestation can hold. */
export const maxLifetimeDays = 90;
/** The longest that a link to one can be read. */
export const maxShareDays = 30;

export const dayMs = 86_400_000;

type Times = { readonly expiresAt: Date; readonly revokedAt: Date | null };

export type AttestationState = "active" | "expired" | "revoked";

/** Revocation outlasts expiry: what was taken back is shown so. */
export function stateOf({ expiresAt, revokedAt }: Times, now: Date): AttestationState {
  if (revokedAt !== null) return "revoked";
  return expiresAt <= now ? "expired" : "active";
}

/** Why an attestation cannot be revoked, or null where it can. */
export function whyNotRevocable(times: Times, now: Date): string | null {
  const state = stateOf(times, now);
  return state === "active" ? null : `the attestation is ${state}`;
}

/** When a link made now stops: when asked, and never after what it shows. */
export const shareEnd = (now: Date, seconds: number, { expiresAt }: Times): Date =>
  new Date(Math.min(now.getTime() + seconds * 1000, expiresAt.getTime()));
