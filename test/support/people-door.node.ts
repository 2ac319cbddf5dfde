import { z } from "zod";
import { roles } from "../../src/access/roles.ts";
import { newMember, newProfile } from "../../src/features/members/member.ts";
import type { RunAsAdmin } from "../../src/local/admin/act.ts";
import { letIn } from "../../src/local/admin/add-member.ts";

const Wish = z.object({
  orgId: z.string(),
  role: z.enum(roles),
  externalId: z.string().nullable(),
  status: z.enum(["active", "invited"]).default("active"),
});

/** Lets somebody into an organization at once: an active member unless it says otherwise, with a profile, audited as what the administrator does. */
export async function addActiveMember(run: RunAsAdmin, body: unknown): Promise<{ memberId: string; email: string }> {
  const { orgId, role, externalId, status } = Wish.parse(body);
  const now = new Date();
  const member = { ...newMember({ role, externalId }, now), status, joinedAt: status === "active" ? now : null };
  const profile = newProfile(member.id, { email: `${member.id.toLowerCase()}@people.test`, name: "Somebody" }, now);
  await letIn(run, orgId, member, profile);
  return { memberId: member.id, email: profile.email };
}
