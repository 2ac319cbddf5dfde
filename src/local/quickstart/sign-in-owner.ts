import type { RunAsAdmin } from "../admin/act.ts";
import { makeSignInLink } from "../admin/make-sign-in-link.ts";
import { openApiAs, type ApiClient } from "../api-client.ts";
import { ownerEmail } from "./keep-owner.ts";

type Ground = { readonly url: string; readonly run: RunAsAdmin; readonly tagKey: CryptoKey; readonly orgId: string };

/** Signs the owner in as a browser does, with a one-time link: what only a person may do, no key does. */
export async function signInOwner({ url, run, tagKey, orgId }: Ground): Promise<ApiClient> {
  const { token } = await makeSignInLink(run, tagKey, { email: ownerEmail, orgId });
  const origin = new URL(url).origin;
  const answer = await fetch(new URL("/sign-in", url), { method: "POST", headers: { origin }, body: new URLSearchParams({ token }) });
  const cookie = answer.headers.get("set-cookie")?.split(";")[0];
  if (!answer.ok || cookie === undefined) throw new Error(`the owner could not sign in: ${answer.status}`);
  return openApiAs(url, { cookie, origin });
}
