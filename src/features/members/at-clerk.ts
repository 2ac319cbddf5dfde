import type { Role } from "../../access/roles.ts";
import type { Environment } from "../../env.ts";
import { problem } from "../../http/problem.ts";
import { changeRoleAtClerk, removeAtClerk, revokeAtClerk } from "../../providers/clerk-api.ts";
import type { ClerkSettings } from "../../providers/settings.ts";
import type { MemberRow } from "./member.ts";

/** The organization at the identity provider, where people sign in there; undefined where they sign in here. */
export type AtClerk = { readonly clerk: ClerkSettings; readonly organization: string } | undefined;

/** `links`: what Clerk calls the organization. One that came before Clerk, and that nobody linked to it, is changed here alone by nobody. */
export function atClerk(env: Environment, links: readonly { readonly externalId: string }[]): AtClerk {
  const { signIn, clerk } = env.providers;
  if (signIn !== "clerk" || clerk === undefined) return undefined;
  const [link] = links;
  if (link === undefined) throw problem("state_conflict", "the organization is not linked to one of Clerk's");
  return { clerk, organization: link.externalId };
}

const isUser = (externalId: string): boolean => externalId.startsWith("user_");

/** An invitation keeps the role that it was sent with: its role changes by a new one. */
export async function tellClerkRole(at: AtClerk, { externalId }: Pick<MemberRow, "externalId">, role: Role): Promise<void> {
  if (at === undefined || externalId === null) return;
  if (!isUser(externalId)) throw problem("state_conflict", "an invitation at Clerk has its role for good");
  await changeRoleAtClerk(at.clerk, at.organization, externalId, role);
}

export async function tellClerkRemoval(at: AtClerk, { externalId }: Pick<MemberRow, "externalId">): Promise<void> {
  if (at === undefined || externalId === null) return;
  const end = isUser(externalId) ? removeAtClerk : revokeAtClerk;
  await end(at.clerk, at.organization, externalId);
}
