import { jsonDigest, type Digest } from "../crypto/digest.ts";

/** `simulation`: everything is decided and receipted, and nothing is sent. */
export const grantModes = ["simulation", "production"] as const;
export type GrantMode = (typeof grantModes)[number];

/** What a grant is promoted for: the versions of all that an invocation rests on. */
export type GrantBasis = {
  readonly agentVersionNumber: number;
  readonly agentVersionDigest: string;
  /** The agent's active pacts. */
  readonly pacts: readonly { readonly id: string; readonly digest: string }[];
  /** How many of the agent's pacts were ever activated: it only grows, so that a pact that came and went is seen too. */
  readonly pactActivations: number;
  readonly policyId: string;
  readonly policyVersion: number;
  readonly policyDigest: string;
  readonly policyActivation: number;
  readonly capabilityId: string;
  readonly capabilityVersion: number;
  readonly capabilityDigest: string;
};

/** The parts of a basis that change apart from each other. */
export const basisParts = ["agent", "pacts", "policy", "capability"] as const;
export type BasisPart = (typeof basisParts)[number];

/** One digest for a basis: SHA-256 of its RFC 8785 form, whatever order its pacts come in. */
export const basisOf = (basis: GrantBasis): Promise<Digest> => jsonDigest({ ...basis, pacts: sorted(basis.pacts) });

/**
 * The mode that a grant is in now. It is computed at each use and never stored: any new version of what it was promoted for takes it out of
 * production with no write, and so does an upstream tool that differs from what was pinned.
 */
export const modeOf = (
  grant: { readonly promotedFor: string | null },
  basis: string,
  { driftedDigest }: { readonly driftedDigest: string | null },
): GrantMode => (grant.promotedFor === basis && driftedDigest === null ? "production" : "simulation");

/** Which parts of what it was promoted for are others now. */
export function changedParts(promoted: GrantBasis, present: GrantBasis): BasisPart[] {
  const [before, now] = [partsOf(promoted), partsOf(present)];
  return basisParts.filter((part) => JSON.stringify(before[part]) !== JSON.stringify(now[part]));
}

const partsOf = (basis: GrantBasis) => ({
  agent: [basis.agentVersionNumber, basis.agentVersionDigest],
  pacts: [basis.pactActivations, sorted(basis.pacts).map(({ id, digest }) => [id, digest])],
  policy: [basis.policyId, basis.policyVersion, basis.policyDigest, basis.policyActivation],
  capability: [basis.capabilityId, basis.capabilityVersion, basis.capabilityDigest],
});

const sorted = (pacts: GrantBasis["pacts"]) => pacts.toSorted((left, right) => (left.id < right.id ? -1 : 1));
