import type { Standing } from "../../grants/ledger.ts";
import { budgetShare, nearBudgetShare } from "../../grants/limits.ts";
import { basisParts, changedParts, type GrantBasis } from "../../grants/mode.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import type { Ground } from "./ground.ts";
import type { GrantDetailView, GrantView } from "./schemas.ts";
import type { GrantRow, GroundRow, NewGrantRow } from "./store.ts";

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
function whySimulated(
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

/** A new grant: in simulation until somebody promotes it. */
export const unpromoted = { mode: "simulation", simulationReasons: ["never_promoted"] } satisfies Partial<GrantView>;

export const toGrant = ({ grant, capability }: Pick<GroundRow, "grant" | "capability">, ground: Ground, now: Date): GrantView =>
  viewOf(grant, { mode: ground.mode, simulationReasons: whySimulated(grant.promotedBasis, ground, capability) }, now);

export const viewOf = (row: NewGrantRow, standing: Pick<GrantView, "mode" | "simulationReasons">, now: Date): GrantView => ({
  id: row.id,
  agentId: row.agentId,
  capabilityId: row.capabilityId,
  policyId: row.policyId,
  toolName: row.toolName,
  budget: row.budget,
  ratePerMinute: row.ratePerMinute,
  expiresAt: row.expiresAt?.toISOString() ?? null,
  status: statusOf({ status: row.status, expiresAt: row.expiresAt ?? null }, now),
  ...standing,
  promotedAt: row.promotedAt?.toISOString() ?? null,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
});

/** What the organization's own systems are told of a grant. */
export const toldOf = ({ id: grantId, agentId, capabilityId, policyId }: GrantView): EventData["grant.revoked"] => ({
  grantId,
  agentId,
  capabilityId,
  policyId,
});

export function toDetail(view: GrantView, { unsettled, counters }: Standing): GrantDetailView {
  const share = budgetShare(view.budget, counters.production);
  return { ...view, usage: counters, unsettled, budgetShare: share, nearBudget: share >= nearBudgetShare };
}
