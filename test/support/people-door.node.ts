import { z } from "zod";
import { roles } from "../../src/access/roles.ts";
import { commitTo, newSalt } from "../../src/crypto/commitment.ts";
import { memberProfiles, members, providerLinks } from "../../src/db/schema/members.ts";
import { actOnOrganization, build, toStatement, type RunAsAdmin } from "../../src/local/admin/act.ts";
import { newId } from "../../src/platform/ids.ts";

const NewMember = z.object({
  orgId: z.string(),
  role: z.enum(roles),
  externalId: z.string().nullable(),
  status: z.enum(["active", "invited"]).default("active"),
});
const NewLink = z.object({ orgId: z.string(), externalId: z.string() });

/** Lets somebody into an organization at once: an active member unless it says otherwise, with a profile, audited as what the administrator does. */
export async function addActiveMember(run: RunAsAdmin, body: unknown): Promise<{ memberId: string; email: string }> {
  const { orgId, role, externalId, status } = NewMember.parse(body);
  const now = new Date();
  const memberId = newId("member");
  const profile = { email: `${memberId.toLowerCase()}@people.test`, name: "Somebody" };
  const salt = newSalt();
  const times = { createdAt: now, updatedAt: now };
  const member = { orgId, id: memberId, role, status, externalId, revision: 1, joinedAt: status === "active" ? now : null, ...times };
  const change = { role, commitment: await commitTo(salt, profile) };
  await actOnOrganization(
    run,
    orgId,
    { action: "member.added", resource: memberId, change },
    {
      afterEvent: [
        toStatement(build.insert(members).values(member)),
        toStatement(build.insert(memberProfiles).values({ orgId, memberId, salt, ...profile, updatedAt: now })),
      ],
    },
  );
  return { memberId, email: profile.email };
}

/** Says which organization of the identity provider's is this one. */
export async function linkToClerk(run: RunAsAdmin, body: unknown): Promise<object> {
  const { orgId, externalId } = NewLink.parse(body);
  const row = { orgId, provider: "clerk", externalId, createdAt: new Date() } as const;
  const act = { action: "provider.linked", resource: orgId, change: { provider: "clerk" } } as const;
  await actOnOrganization(run, orgId, act, { afterEvent: [toStatement(build.insert(providerLinks).values(row))] });
  return {};
}
