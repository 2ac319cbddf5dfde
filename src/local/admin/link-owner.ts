import { eq, sql } from "drizzle-orm";
import { organizations } from "../../db/schema/organizations.ts";
import { PlainFailure } from "../plain-failure.ts";
import { actOnOrganization, build, look, rawStatement, toStatement, type RunAsAdmin } from "./act.ts";

/**
 * Says that an organization has the owner of another one, or stands by itself (null): organizations of one owner are one counterparty, and do
 * not rate each other. Ratings that were given before count as they did. Answers the name of its group.
 */
export async function linkOwner(run: RunAsAdmin, orgId: string, sameAs: string | null): Promise<string> {
  await groupOf(run, orgId);
  const group = sameAs === null ? orgId : await groupOf(run, sameAs);
  if (sameAs !== null && group === orgId) throw new PlainFailure(`${sameAs} is linked to ${orgId} already.`);
  const change = build
    .update(organizations)
    .set({ ownerGroup: sameAs === null ? null : group })
    .where(eq(organizations.id, orgId));
  await actOnOrganization(
    run,
    orgId,
    { action: "organization.owner_linked", resource: orgId, change: { group } },
    { afterEvent: [toStatement(change)] },
  );
  return group;
}

async function groupOf(run: RunAsAdmin, orgId: string): Promise<string> {
  const [[group] = []] = await look(run, orgId, rawStatement(sql`select app.owner_group(${orgId})`));
  if (typeof group !== "string") throw new PlainFailure(`There is no organization ${orgId}.`);
  return group;
}
