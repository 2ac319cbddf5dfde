import type { Environment } from "../env.ts";
import type { Id } from "../platform/ids.ts";
import { tagKeyOf } from "./tag-key.ts";
import { newTaggedToken, readTaggedToken, type TaggedClaim } from "./tagged-token.ts";

/** How long a session may be unused, and how long it lasts whatever is done with it. */
export const sessionIdleMs = 60 * 60_000;
export const sessionLifeMs = 12 * 3_600_000;

/** `__Host-`: the browser keeps it for this host alone, from this host alone, and over HTTPS (or on this machine) alone. */
export const localCookieName = "__Host-armalo-session";

const setCookie = (value: string, maxAgeSeconds: number): string =>
  `${localCookieName}=${value}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}`;

/** The Set-Cookie header that has a browser forget its session. */
export const forgetSessionCookie = setCookie("", 0);

/** What the gate is told of a session that begins (`startSession`), and the Set-Cookie header that gives it to the browser. */
export type NewSession = {
  readonly sessionId: Id<"session">;
  /** SHA-256 of the cookie's secret, hex. */
  readonly secretHash: string;
  readonly cookie: string;
};

/** A session for a member of the organization. It counts from the moment that the gate was told of it. */
export async function newSessionCookie(env: Environment, orgId: string): Promise<NewSession> {
  const { id, secretHash, token } = await newTaggedToken(await tagKeyOf(env), "session", orgId);
  return { sessionId: id, secretHash, cookie: setCookie(token, sessionLifeMs / 1000) };
}

/** What a session cookie's value says, or undefined where we did not make it. Whether the session lives, the gate says. */
export const readSessionCookie = async (env: Environment, value: string): Promise<TaggedClaim<"session"> | undefined> =>
  readTaggedToken(await tagKeyOf(env), "session", value);
