import { requirePerson } from "../../access/principal.ts";
import { newSalt } from "../../crypto/commitment.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { inviteAtClerk } from "../../providers/clerk-api.ts";
import { atClerk, tellClerkRemoval } from "./at-clerk.ts";
import { judgeInvite, profileCommitment, toMember, type NewMember, type NewProfile } from "./member.ts";
import { requireAllowed } from "./refuse.ts";
import type { Invitation, MemberView } from "./schemas.ts";
import { insertMember, insertProfile, selectClerkLink, selectHolder, selectMember } from "./store.ts";

type Context = WriteContext<"member.invited">;

/** Lets somebody in: through Clerk's invitation, or by a sign-in link that the administrator gives them. What names them is not in the log. */
export async function inviteMember(context: Context, { email, name, role }: Invitation): Promise<MemberView> {
  const { tenant, env, principal, now } = context;
  const person = requirePerson(principal);
  requireAllowed(judgeInvite(person, role));
  const invited = env.providers.signIn === "clerk" ? await inviteThere(context, { email, role }, person.memberId) : undefined;
  const member = newMember(role, invited?.externalId ?? null, now);
  const profile = newProfile(member.id, { email, name }, now);
  const view = toMember(member, profile);
  const commitment = await profileCommitment(profile);
  try {
    await tenant.write(
      { action: "member.invited", resource: member.id, change: { role }, commitment, answer: view },
      (db) => [insertMember(db, member), insertProfile(db, profile)],
    );
  } catch (fault) {
    await invited?.takeBack().catch(() => undefined);
    throw fault;
  }
  return view;
}

const newMember = (role: NewMember["role"], externalId: string | null, now: Date): NewMember => ({
  id: newId("member"),
  role,
  status: "invited",
  externalId,
  providerUpdatedAt: null,
  revision: 1,
  joinedAt: null,
  removedAt: null,
  createdAt: now,
  updatedAt: now,
});

const newProfile = (memberId: string, named: Pick<NewProfile, "email" | "name">, now: Date): NewProfile => ({
  memberId,
  salt: newSalt(),
  ...named,
  providerUpdatedAt: null,
  removedAt: null,
  updatedAt: now,
});

/** Clerk is asked first: what it refuses is not written here. */
async function inviteThere(
  { tenant, env }: Context,
  { email, role }: Pick<Invitation, "email" | "role">,
  inviterId: string,
): Promise<{ readonly externalId: string; readonly takeBack: () => Promise<void> }> {
  const [links, [holder], [inviter]] = await tenant.read((db) => [
    selectClerkLink(db),
    selectHolder(db, email),
    selectMember(db, inviterId),
  ]);
  if (holder !== undefined) throw problem("state_conflict", "a member has the address");
  const at = atClerk(env, links);
  if (at === undefined) throw problem("not_configured", "no settings of Clerk");
  const { clerk, organization } = at;
  const externalId = await inviteAtClerk(clerk, { organization, email, role, inviter: inviter?.member.externalId ?? null });
  return { externalId, takeBack: () => tellClerkRemoval(at, { externalId }) };
}
