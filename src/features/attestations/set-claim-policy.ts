import type { z } from "@hono/zod-openapi";
import { jsonDigest } from "../../crypto/digest.ts";
import type { claimPolicies } from "../../db/schema/claim-policies.ts";
import type { WriteContext } from "../../http/operation.ts";
import type { ClaimPolicy } from "./claim-policy.ts";
import type { ClaimPolicyView } from "./schemas.ts";
import { insertClaimPolicy, selectClaimPolicy } from "./store.ts";

type NewClaimPolicy = Omit<typeof claimPolicies.$inferInsert, "orgId">;

/** The policy that follows the one of number `before`, and what the log says of it. Of two at once, the second is refused by its number. */
export async function nextClaimPolicy(
  before: number | undefined,
  policy: ClaimPolicy,
  { setBy, now }: { readonly setBy: string; readonly now: Date },
): Promise<{ readonly row: NewClaimPolicy; readonly change: { readonly number: number; readonly digest: string } }> {
  const number = 1 + (before ?? 0);
  const digest = await jsonDigest(policy);
  return { row: { number, policy, digest, setBy, createdAt: now }, change: { number, digest } };
}

/** Sets what may be attested of the organization's agents. Earlier policies stay on record; attestations name the one that allowed them. */
export async function setClaimPolicy(
  { tenant, principal, now }: WriteContext<"claim_policy.set">,
  policy: ClaimPolicy,
): Promise<z.input<typeof ClaimPolicyView>> {
  const [[before]] = await tenant.read((db) => [selectClaimPolicy(db)]);
  const { row, change } = await nextClaimPolicy(before?.number, policy, { setBy: principal.actor, now });
  const view = { ...change, policy };
  await tenant.write({ action: "claim_policy.set", resource: tenant.orgId, change, answer: view }, (db) => [insertClaimPolicy(db, row)]);
  return view;
}
