import { z } from "zod";
import { roles } from "../../src/access/roles.ts";
import { memberProfiles, members } from "../../src/db/schema/members.ts";
import { newMember, newProfile, profileCommitment } from "../../src/features/members/member.ts";
import { actOnOrganization, build, toStatement, type RunAsAdmin } from "../../src/local/admin/act.ts";

const NewMember = z.object({
  orgId: z.string(),
  role: z.enum(roles),
  externalId: z.string().nullable(),
  status: z.enum(["active", "invited"]).default("active"),
});

/** Lets somebody into an organization at once: an active member unless it says otherwise, with a profile, audited as what the administrator does. */
export async function addActiveMember(run: RunAsAdmin, body: unknown): Promise<{ memberId: string; email: string }> {
  const { orgId, role, externalId, status } = NewMember.parse(body);
  const now = new Date();
  const member = { ...newMember({ role, externalId }, now), status, joinedAt: status === "active" ? now : null };
  const profile = newProfile(member.id, { email: `${member.id.toLowerCase()}@people.test`, name: "Somebody" }, now);
  await actOnOrganization(
    run,
    orgId,
    { action: "member.added", resource: member.id, change: { role }, commitment: await profileCommitment(profile) },
    {
      afterEvent: [
        toStatement(build.insert(members).values({ orgId, ...member })),
        toStatement(build.insert(memberProfiles).values({ orgId, ...profile })),
      ],
    },
  );
  return { memberId: member.id, email: profile.email };
}
