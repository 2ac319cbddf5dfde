import { requirePerson, requireWholeOrganization } from "../../access/principal.ts";
import { askLedger } from "../../grants/ledger-client.ts";
import type { Action } from "../../audit/actions.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { toGrant, toldOf } from "./view.ts";
import { groundOf } from "./ground.ts";
import { requireFuture } from "./require-future.ts";
import { requireGround } from "./require-grant.ts";
import type { GrantChanges, GrantView } from "./schemas.ts";
import { selectBasis, updateGrant, type GrantRow, type GroundRow } from "./store.ts";

/** Other limits for a grant, from the next invocation on. The event says what they were and what they are. */
export async function changeGrant(context: WriteContext<"grant.updated">, grantId: string, input: GrantChanges): Promise<GrantView> {
  const { tenant, principal, now } = context;
  requirePerson(principal);
  const row = await requireActive(context, grantId);
  const { budget = row.grant.budget, ratePerMinute = row.grant.ratePerMinute, expiresAt } = input;
  const endsAt = expiresAt === undefined ? row.grant.expiresAt : requireFuture(expiresAt, now);
  const changes = { budget, ratePerMinute, expiresAt: endsAt, updatedAt: now };
  const view = await viewWith(row, changes, now);
  const change = { from: limitsOf(toGrant(row, await groundOf(row), now), input), to: limitsOf(view, input) };
  await tenant.write({ action: "grant.updated", resource: grantId, change, answer: view }, (db) => [updateGrant(db, row.grant, changes)]);
  return view;
}

/** Ends a grant for good: in its ledger first, durably, so that the next invocation is denied; then in the database. */
export async function revokeGrant(context: WriteContext<"grant.revoked">, grantId: string): Promise<GrantView> {
  const { tenant, principal, env, now } = context;
  requireWholeOrganization(principal);
  const row = await requireActive(context, grantId);
  await askLedger(env, { orgId: tenant.orgId, grantId }, async (ledger) => ledger.revoke());
  const changes = { status: "revoked", updatedAt: now } as const;
  const view = await viewWith(row, changes, now);
  const announces = [{ type: "grant.revoked", data: toldOf(view) }] as const;
  const change = { revokedAt: now.toISOString() };
  await tenant.write({ action: "grant.revoked", resource: grantId, change, answer: view, announces }, (db) => [
    updateGrant(db, row.grant, changes),
  ]);
  return view;
}

async function requireActive<A extends Action>({ tenant, principal }: WriteContext<A>, grantId: string): Promise<GroundRow> {
  const [[found]] = await tenant.read((db) => [selectBasis(db, grantId)]);
  const row = requireGround(principal, found);
  if (row.grant.status === "revoked") throw problem("state_conflict", "the grant is revoked already");
  return row;
}

const viewWith = async (row: GroundRow, changes: Partial<GrantRow>, now: Date): Promise<GrantView> =>
  toGrant({ ...row, grant: { ...row.grant, ...changes } }, await groundOf(row), now);

/** Of a grant's limits, those that are named. */
const limitsOf = ({ budget, ratePerMinute, expiresAt }: GrantView, named: GrantChanges): JsonValue => ({
  ...(named.budget === undefined ? {} : { budget }),
  ...(named.ratePerMinute === undefined ? {} : { ratePerMinute }),
  ...(named.expiresAt === undefined ? {} : { expiresAt }),
});
