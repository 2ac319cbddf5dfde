import { accessTokenSeconds, issueAccessToken } from "../../access/access-token.ts";
import { requireKey } from "../../access/principal.ts";
import type { Scope } from "../../access/scopes.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import type { AccessTokenView } from "./schemas.ts";

/** A short-lived token for the caller's key. It dies with the key, and is worth at most what the key is worth then. */
export async function issueToken(
  context: WriteContext<"access_token.issued">,
  wanted: readonly Scope[] | undefined,
): Promise<AccessTokenView> {
  const { env, tenant, environment, now } = context;
  const principal = requireKey(context.principal);
  const scopes = wanted ?? principal.scopes;
  if (!scopes.every((scope) => principal.scopes.includes(scope)))
    throw problem("forbidden", "a token may not have more scopes than its key");
  const { token, expiresAt } = await issueAccessToken(env, { keyId: principal.keyId, orgId: tenant.orgId, environment, scopes }, now);
  const view = { tokenType: "Bearer" as const, expiresAt: expiresAt.toISOString(), expiresIn: accessTokenSeconds, scopes: [...scopes] };
  await tenant.write(
    { action: "access_token.issued", resource: principal.keyId, change: view, answer: { ...view, accessToken: null } },
    () => [],
  );
  return { ...view, accessToken: token };
}
