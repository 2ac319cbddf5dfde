import { z } from "zod";
import type { Role } from "../access/roles.ts";
import type { JsonValue } from "../crypto/canonical-json.ts";
import { problem } from "../http/problem.ts";
import { callService } from "../platform/service-call.ts";
import type { ClerkSettings } from "./settings.ts";

/** The version of Clerk's Backend API whose answers we read. */
const apiVersion = "2026-05-12";
const timeoutMs = 10_000;

type Request = { readonly method: "POST" | "PATCH" | "DELETE"; readonly path: readonly string[]; readonly body?: JsonValue };

/** One change at Clerk. Whatever else than a success comes back, or nothing, is a 503: then nothing may be changed here. */
async function ask({ apiUrl, secretKey }: ClerkSettings, { method, path, body }: Request): Promise<JsonValue | undefined> {
  const url = `${apiUrl}/v1/organizations/${path.map(encodeURIComponent).join("/")}`;
  const service = { url, token: secretKey, timeoutMs, method, headers: { "Clerk-API-Version": apiVersion } };
  const answer = await callService(service, body);
  if (!answer.ok) throw problem("unavailable", `clerk: ${answer.reason}`);
  if (answer.status < 200 || answer.status > 299) throw problem("unavailable", `clerk answered ${answer.status}`);
  return answer.json;
}

/** Our roles as Clerk's instance has them: custom roles of the same names. */
const clerkRole = (role: Role): string => `org:${role}`;

const Invitation = z.object({ id: z.string().startsWith("orginv_") });

type Invited = { readonly organization: string; readonly email: string; readonly role: Role; readonly inviter: string | null };

/** Has Clerk send an invitation. Returns its identifier, `orginv_…`. */
export async function inviteAtClerk(clerk: ClerkSettings, { organization, email, role, inviter }: Invited): Promise<string> {
  const body = { email_address: email, role: clerkRole(role), ...(inviter === null ? {} : { inviter_user_id: inviter }) };
  const invitation = Invitation.safeParse(await ask(clerk, { method: "POST", path: [organization, "invitations"], body }));
  if (!invitation.success) throw problem("unavailable", "clerk answered with no invitation");
  return invitation.data.id;
}

/** Takes back an invitation that was not accepted yet. */
export const revokeAtClerk = async (clerk: ClerkSettings, organization: string, invitation: string): Promise<void> =>
  void (await ask(clerk, { method: "POST", path: [organization, "invitations", invitation, "revoke"] }));

export const changeRoleAtClerk = async (clerk: ClerkSettings, organization: string, user: string, role: Role): Promise<void> =>
  void (await ask(clerk, { method: "PATCH", path: [organization, "memberships", user], body: { role: clerkRole(role) } }));

export const removeAtClerk = async (clerk: ClerkSettings, organization: string, user: string): Promise<void> =>
  void (await ask(clerk, { method: "DELETE", path: [organization, "memberships", user] }));
