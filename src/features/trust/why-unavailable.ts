import type { UnavailableView } from "./schemas.ts";

/** What each reason means, for people. */
const words: Readonly<Record<UnavailableView["reason"], string>> = {
  insufficient_evidence: "There is not enough evidence yet.",
  no_evidence: "Nothing of this kind has been checked and scored.",
  open_critical_violation: "A critical condition of a pact was violated, and the violation is open.",
  too_little_independent_evidence:
    "A tier rests on evidence that the agent's own organization did not author, and there is too little of it.",
  below_every_tier: "The lower bounds do not reach the lowest tier.",
  none_stored: "No score has been stored yet.",
  nothing_signed: "The organization's transparency log has signed no checkpoint yet.",
  none_issued: "The organization has had no score of this agent attested.",
  expired: "The newest attested score has expired.",
  revoked: "The newest attested score was taken back by its organization.",
  signing_key_revoked: "The key that signed the newest attested score was revoked.",
  unverifiable: "The stored attestation does not verify, so it is not shown.",
};

/** One thing that is not known, and why. */
export const whyUnavailable = (
  subject: UnavailableView["subject"],
  reason: UnavailableView["reason"],
  inWords: string = words[reason],
): UnavailableView => ({ subject, reason, inWords });
