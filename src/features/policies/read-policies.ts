import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toHead, toVersion } from "./policy.ts";
import type { ListPoliciesQuery, PolicyPage, PolicyVersionPage, PolicyView } from "./schemas.ts";
import { selectPolicies, selectPolicy, selectVersions, selectWholePolicy } from "./store.ts";

export async function listPolicies(
  { tenant, principal }: ReadContext,
  query: z.output<typeof ListPoliciesQuery>,
): Promise<z.input<typeof PolicyPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectPolicies(db, query, query)]);
  return toPage(rows, query, (row) => ({ at: row.createdAt, id: row.id }), toHead);
}

export async function getPolicy({ tenant, principal }: ReadContext, policyId: string): Promise<PolicyView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectWholePolicy(db, policyId)]);
  if (found === undefined) throw problem("not_found", "no such policy");
  const { policy, latest, active } = found;
  return { ...toHead(policy), active: active && toVersion(active), latest: toVersion(latest) };
}

/** All versions of a policy, newest first. */
export async function listPolicyVersions(
  { tenant, principal }: ReadContext,
  policyId: string,
  page: Page,
): Promise<z.input<typeof PolicyVersionPage>> {
  requireWholeOrganization(principal);
  const [[policy], rows] = await tenant.read((db) => [selectPolicy(db, policyId), selectVersions(db, policyId, page)]);
  if (policy === undefined) throw problem("not_found", "no such policy");
  return toPage(rows, page, (row) => ({ at: row.createdAt, id: row.policyId }), toVersion);
}
