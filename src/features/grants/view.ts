import type { Standing } from "../../grants/ledger.ts";
import { budgetShare, nearBudgetShare } from "../../grants/limits.ts";
import type { EventData } from "../../webhooks/event-schemas.ts";
import { statusOf, whySimulated } from "./grant.ts";
import type { Ground } from "./ground.ts";
import type { GrantDetailView, GrantView } from "./schemas.ts";
import type { GroundRow, NewGrantRow } from "./store.ts";

/** A new grant: in simulation until somebody promotes it. */
export const unpromoted = { mode: "simulation", simulationReasons: ["never_promoted"] } satisfies Partial<GrantView>;

/** A grant as the API shows it, with its mode and why. */
export const toGrant = ({ grant, capability }: Pick<GroundRow, "grant" | "capability">, ground: Ground, now: Date): GrantView =>
  viewOf(grant, { mode: ground.mode, simulationReasons: whySimulated(grant.promotedBasis, ground, capability) }, now);

/** The same of a row, where it is known how the grant stands. */
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

/** A grant with what is used of its budget. */
export function toDetail(view: GrantView, { unsettled, counters }: Standing): GrantDetailView {
  const share = budgetShare(view.budget, counters.production);
  return { ...view, usage: counters, unsettled, budgetShare: share, nearBudget: share >= nearBudgetShare };
}
