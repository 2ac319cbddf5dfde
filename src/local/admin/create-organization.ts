import type { Plan } from "../../access/plans.ts";
import { newWrappedDataKey, type KeyRing } from "../../crypto/sealed-box.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { newId, type Id } from "../../platform/ids.ts";
import { actOnOrganization, build, toStatement, type RunAsAdmin } from "./act.ts";

export type NewOrganization = { readonly name: string; readonly plan: Plan; readonly environment: "live" | "test" };

/** Creates an organization with a data key of its own. Live or test is for good. */
export async function createOrganization(run: RunAsAdmin, ring: KeyRing, organization: NewOrganization): Promise<Id<"organization">> {
  const id = newId("organization");
  const row = { id, ...organization, grantedPlan: organization.plan, wrappedDataKey: await newWrappedDataKey(ring, id) };
  await actOnOrganization(
    run,
    id,
    { action: "organization.created", resource: id, change: { ...organization } },
    { beforeEvent: [toStatement(build.insert(organizations).values(row))] },
  );
  return id;
}
