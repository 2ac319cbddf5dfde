import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { readAccessToken } from "./access-token.ts";
import { readApiKey } from "./api-key.ts";
import { tagKeyOf } from "./tag-key.ts";
import type { Scope } from "./scopes.ts";

/** A credential that has proved by arithmetic or signature that we issued it; the gate says whether it still holds. */
export type Credential = {
  readonly kind: "key" | "token";
  readonly orgId: string;
  readonly environment: "live" | "test";
  readonly keyId: string;
  readonly secretHash: string | null;
  readonly tokenScopes: readonly Scope[] | null;
};

/** Reads `Authorization: Bearer` as an API key or an access token. Nothing is looked up. Throws 401 for anything else. */
export async function authenticate(env: Environment, request: Request, now: Date): Promise<Credential> {
  const header = request.headers.get("Authorization");
  if (header === null) throw problem("unauthenticated", "no credential");
  const [, bearer] = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(header) ?? [];
  if (bearer === undefined) throw problem("unauthenticated", "not a bearer credential");
  if (!bearer.startsWith("arm_")) return readAccessToken(env, bearer, now);
  const read = await readApiKey(await tagKeyOf(env), bearer);
  if (!read.ok) throw problem("unauthenticated", `API key: ${read.reason}`);
  if (request.headers.has("Origin") && request.method !== "GET" && request.method !== "HEAD") {
    throw problem("browser_key", "a change by API key with an Origin header");
  }
  return { kind: "key", ...read.claim, tokenScopes: null };
}
