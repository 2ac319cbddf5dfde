import { and, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import type { Role } from "../../access/roles.ts";
import { memberProfiles, members } from "../../db/schema/members.ts";
import { organizations } from "../../db/schema/organizations.ts";
import { newMember, newProfile, profileCommitment, type NewMember, type NewProfile } from "../../features/members/member.ts";
import { currentTime } from "../../platform/clock.ts";
import { PlainFailure } from "../plain-failure.ts";
import { actOnOrganization, build, look, toStatement, type RunAsAdmin } from "./act.ts";

export type AddedMember = { readonly orgId: string; readonly email: string; readonly name: string | null; readonly role: Role };

const Ids = z.array(z.tuple([z.string()])).max(1);

/** The member of an organization who has the address, if anybody has it. */
export async function findMember(run: RunAsAdmin, orgId: string, email: string): Promise<string | undefined> {
  const query = build
    .select({ id: memberProfiles.memberId })
    .from(memberProfiles)
    .where(and(eq(memberProfiles.orgId, orgId), eq(memberProfiles.email, email), isNull(memberProfiles.removedAt)));
  return Ids.parse(await look(run, orgId, toStatement(query)))[0]?.[0];
}

/** Lets somebody into an organization: with a sign-in link they become an active member. What names them is not in the log. */
export async function addMember(run: RunAsAdmin, { orgId, email, name, role }: AddedMember): Promise<string> {
  const organization = build.select({ id: organizations.id }).from(organizations).where(eq(organizations.id, orgId));
  if (Ids.parse(await look(run, orgId, toStatement(organization))).length === 0)
    throw new PlainFailure(`There is no organization ${orgId}.`);
  if ((await findMember(run, orgId, email)) !== undefined) throw new PlainFailure(`A member of ${orgId} has the address ${email}.`);
  const now = currentTime();
  const member = newMember({ role, externalId: null }, now);
  const profile = newProfile(member.id, { email, name }, now);
  await letIn(run, orgId, member, profile);
  return member.id;
}

/** Writes a member, and what names them. */
export async function letIn(run: RunAsAdmin, orgId: string, member: NewMember, profile: NewProfile): Promise<void> {
  await actOnOrganization(
    run,
    orgId,
    { action: "member.added", resource: member.id, change: { role: member.role }, commitment: await profileCommitment(profile) },
    {
      afterEvent: [
        toStatement(build.insert(members).values({ orgId, ...member })),
        toStatement(build.insert(memberProfiles).values({ orgId, ...profile })),
      ],
    },
  );
}
