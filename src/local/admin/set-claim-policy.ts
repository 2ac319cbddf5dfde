import { desc, eq } from "drizzle-orm";
import { z } from "zod";
import { claimPolicies } from "../../db/schema/claim-policies.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { ClaimPolicy } from "../../features/attestations/claim-policy.ts";
import { nextClaimPolicy } from "../../features/attestations/set-claim-policy.ts";
import { currentTime } from "../../platform/clock.ts";
import { PlainFailure } from "../plain-failure.ts";
import { actOnOrganization, administrator, build, look, toStatement, type RunAsAdmin } from "./act.ts";

const Numbers = z.array(z.tuple([z.coerce.number()])).max(1);
const Found = z.tuple([z.tuple([z.string()])]);

/** Sets what may be attested of an organization's agents. Earlier policies stay on record; attestations name the one that allowed them. */
export async function setClaimPolicy(run: RunAsAdmin, orgId: string, given: unknown): Promise<{ number: number; digest: string }> {
  const parsed = ClaimPolicy.safeParse(given);
  if (!parsed.success) throw new PlainFailure(`This is no claim policy:\n\n${z.prettifyError(parsed.error)}`);
  const organization = build.select({ id: organizations.id }).from(organizations).where(eq(organizations.id, orgId));
  if (!Found.safeParse(await look(run, orgId, toStatement(organization))).success)
    throw new PlainFailure(`There is no organization ${orgId}.`);
  const last = build
    .select({ number: claimPolicies.number })
    .from(claimPolicies)
    .where(eq(claimPolicies.orgId, orgId))
    .orderBy(desc(claimPolicies.number))
    .limit(1);
  const [before] = Numbers.parse(await look(run, orgId, toStatement(last)));
  const { row, change } = await nextClaimPolicy(before?.[0], parsed.data, { setBy: administrator, now: currentTime() });
  await actOnOrganization(
    run,
    orgId,
    { action: "claim_policy.set", resource: orgId, change },
    { afterEvent: [toStatement(build.insert(claimPolicies).values({ orgId, ...row }))] },
  );
  return change;
}
