import { requirePerson } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { inviteAtClerk } from "../../providers/clerk-api.ts";
import { atClerk, tellClerkRemoval } from "./at-clerk.ts";
import { judgeInvite, newMember, newProfile, profileCommitment, toMember } from "./member.ts";
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
  const member = newMember({ role, externalId: invited?.externalId ?? null }, now);
  const profile = newProfile(member.id, { email, name }, now);
  const view = toMember(member, profile);
  const commitment = await profileCommitment(profile);
  try {
    await tenant.write({ action: "member.invited", resource: member.id, change: { role }, commitment, answer: view }, (db) => [
      insertMember(db, member),
      insertProfile(db, profile),
    ]);
  } catch (fault) {
    await invited?.takeBack().catch(() => undefined);
    throw fault;
  }
  return view;
}

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
