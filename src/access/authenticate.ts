import { decodeJwt } from "jose";
import type { Meter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { readAccessToken } from "./access-token.ts";
import { readApiKey } from "./api-key.ts";
import { readDashboardSession } from "./dashboard-session.ts";
import { localCookieName, readSessionCookie } from "./local-session.ts";
import { requireOrigin } from "./own-origin.ts";
import type { PersonClaim } from "./person-record.ts";
import type { Scope } from "./scopes.ts";
import { tagKeyOf } from "./tag-key.ts";

/** A key, or a token that came from one. */
export type KeyCredential = {
  readonly kind: "key" | "token";
  readonly orgId: string;
  readonly environment: "live" | "test";
  readonly keyId: string;
  readonly secretHash: string | null;
  readonly tokenScopes: readonly Scope[] | null;
};

/** A person's session: one that began here, or the identity provider's. */
export type PersonCredential = Omit<PersonClaim, "scope"> & {
  readonly kind: "person";
  readonly via: "clerk" | "local";
  readonly orgId: string;
  /** What the provider's token says of itself, in milliseconds since 1970; of a session that began here the gate knows it. */
  readonly times: { readonly startedAt: number; readonly endsAt: number } | null;
};

/** A credential that has proved by arithmetic or signature that we, or our identity provider, issued it; the gate says whether it still holds. */
export type Credential = KeyCredential | PersonCredential;

type At = { readonly now: Date; readonly meter: Meter };

const clerkCookieName = "__session";

/** Whether the request brings any credential of a tenant's: then nobody is asked to pay. */
export const bringsCredential = (env: Environment, request: Request): boolean =>
  request.headers.has("Authorization") || cookiesOf(env, request).length > 0;

/**
 * Reads `Authorization: Bearer` (an API key, an access token, the identity provider's session token) or a session's cookie; two at once are a
 * 400. A change by cookie needs an Origin of ours. Nothing is looked up, but once in a while a provider's keys, and what an organization of
 * its is called here. Throws 401 for anything else.
 */
export async function authenticate(env: Environment, request: Request, at: At): Promise<Credential> {
  const header = request.headers.get("Authorization");
  const [cookie, second] = cookiesOf(env, request);
  if (second !== undefined || (cookie !== undefined && header !== null))
    throw problem("credential_conflict", "a session's cookie and another");
  if (cookie !== undefined) return readCookie(env, request, cookie, at);
  if (header === null) throw problem("unauthenticated", "no credential");
  const [, bearer] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(header) ?? [];
  if (bearer === undefined) throw problem("unauthenticated", "not a bearer credential");
  if (!bearer.startsWith("arm_")) return readJwt(env, bearer, at);
  const read = await readApiKey(await tagKeyOf(env), bearer);
  if (!read.ok) throw problem("unauthenticated", `API key: ${read.reason}`);
  if (request.headers.has("Origin") && isChange(request)) throw problem("browser_key", "a change by API key with an Origin header");
  return { kind: "key", ...read.claim, tokenScopes: null };
}

const isChange = ({ method }: Request): boolean => method !== "GET" && method !== "HEAD";

/** The values of the cookie that holds sessions here. One that was emptied is none. */
function cookiesOf({ providers: { signIn } }: Environment, { headers }: Request): string[] {
  const header = headers.get("Cookie");
  if (header === null || signIn === undefined) return [];
  const prefix = `${signIn === "clerk" ? clerkCookieName : localCookieName}=`;
  const pairs = header.split(";").map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(prefix) && pair.length > prefix.length).map((pair) => pair.slice(prefix.length));
}

/** A browser adds its cookies to whatever any site has it send: a change must come from a page of ours (CSRF). */
async function readCookie(env: Environment, request: Request, cookie: string, at: At): Promise<PersonCredential> {
  const { signIn, clerk } = env.providers;
  if (signIn === "clerk" && clerk !== undefined) {
    if (isChange(request)) requireOrigin(request, [env.publicOrigin, ...clerk.authorizedParties]);
    return readDashboardSession(env, clerk, cookie, at);
  }
  if (isChange(request)) requireOrigin(request, [env.publicOrigin]);
  const claim = await readSessionCookie(env, cookie);
  if (claim === undefined) throw problem("unauthenticated", "a session cookie that we never made");
  const { orgId, id: sessionId, secretHash } = claim;
  return { kind: "person", via: "local", orgId, sessionId, proof: { kind: "session", secretHash }, times: null };
}

/** Whose token it is, its issuer says; whether that is true, its signature. */
function readJwt(env: Environment, token: string, at: At): Promise<Credential> {
  const { signIn, clerk } = env.providers;
  const isSession = signIn === "clerk" && clerk !== undefined && issuerOf(token) === clerk.issuer;
  return isSession ? readDashboardSession(env, clerk, token, at) : readAccessToken(env, token, at.now);
}

function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
