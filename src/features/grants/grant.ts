import { basisParts, changedParts, type GrantBasis } from "../../grants/mode.ts";
import type { Ground } from "./ground.ts";
import type { GrantRow, GroundRow } from "./store.ts";

export const grantStatuses = ["active", "expired", "revoked"] as const;
export const simulationReasons = [
  "never_promoted",
  ...basisParts.map((part) => `${part}_changed` as const),
  "capability_drifted",
  "policy_inactive",
] as const;
type SimulationReason = (typeof simulationReasons)[number];

/** Deadlines are compared at each use, not by a job. */
export function statusOf({ status, expiresAt }: Pick<GrantRow, "status" | "expiresAt">, now: Date): (typeof grantStatuses)[number] {
  if (status === "revoked") return "revoked";
  return expiresAt !== null && expiresAt <= now ? "expired" : "active";
}

/** Why a grant is in simulation; none where it is in production. */
export function whySimulated(
  promoted: GrantBasis | null,
  { present, mode }: Ground,
  { driftedDigest }: Pick<GroundRow["capability"], "driftedDigest">,
): SimulationReason[] {
  if (mode === "production") return [];
  return [
    ...(promoted === null ? (["never_promoted"] as const) : []),
    ...(promoted === null || present === null ? [] : changedParts(promoted, present).map((part) => `${part}_changed` as const)),
    ...(driftedDigest === null ? [] : (["capability_drifted"] as const)),
    ...(present === null ? (["policy_inactive"] as const) : []),
  ];
}
