import { basisOf, modeOf, type GrantBasis, type GrantMode } from "../../grants/mode.ts";
import type { GroundRow } from "./store.ts";

export type Ground = {
  /** What the grant rests on now; null where no version of its policy is in force. */
  readonly present: GrantBasis | null;
  /** Its digest: what an invocation is recorded with, and what a promotion is for. */
  readonly basis: string | null;
  readonly mode: GrantMode;
};

type Parts = Pick<GroundRow, "grant" | "agent" | "policy" | "pacts" | "pactActivations"> & {
  readonly capability: Pick<GroundRow["capability"], "version" | "digest" | "driftedDigest">;
};

/** The basis and the mode of a grant, as they were at the moment of the read. */
export async function groundOf({ grant, agent, policy, capability, pacts, pactActivations }: Parts): Promise<Ground> {
  const { activeVersion: policyVersion, digest: policyDigest } = policy;
  if (policyVersion === null || policyDigest === null) return { present: null, basis: null, mode: "simulation" };
  const present: GrantBasis = {
    agentVersionNumber: agent.versionNumber,
    agentVersionDigest: agent.versionDigest,
    pacts,
    pactActivations,
    policyId: grant.policyId,
    policyVersion,
    policyDigest,
    policyActivation: policy.activation,
    capabilityId: grant.capabilityId,
    capabilityVersion: capability.version,
    capabilityDigest: capability.digest,
  };
  const basis = await basisOf(present);
  return { present, basis, mode: modeOf(grant, basis, capability) };
}
