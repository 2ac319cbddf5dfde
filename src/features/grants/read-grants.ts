import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import { askLedger } from "../../grants/ledger-client.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { toDetail, toGrant } from "./view.ts";
import { groundOf } from "./ground.ts";
import { requireGround } from "./require-grant.ts";
import type { GrantDetailView, GrantPage, ListGrantsQuery } from "./schemas.ts";
import { selectBasis, selectGrants } from "./store.ts";

/** The newest first. A credential that is bound to an agent sees that one's. */
export async function listGrants(
  { tenant, principal, now }: ReadContext,
  query: z.output<typeof ListGrantsQuery>,
): Promise<z.input<typeof GrantPage>> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const [rows] = await tenant.read((db) => [selectGrants(db, query, query.agentId ?? principal.agentId)]);
  const grounded = await Promise.all(rows.map(async (row) => ({ row, ground: await groundOf(row) })));
  return toPage(
    grounded,
    query,
    ({ row: { grant } }) => ({ at: grant.createdAt, id: grant.id }),
    ({ row, ground }) => toGrant(row, ground, now),
  );
}

/** One grant, its mode and why, and what is used of its budget: one round trip and one call of its ledger. */
export async function getGrant({ tenant, principal, env, now }: ReadContext, grantId: string): Promise<GrantDetailView> {
  const [[found]] = await tenant.read((db) => [selectBasis(db, grantId)]);
  const row = requireGround(principal, found);
  const standing = await askLedger(env, { orgId: tenant.orgId, grantId }, async (ledger) => ledger.standing());
  return toDetail(toGrant(row, await groundOf(row), now), standing);
}
