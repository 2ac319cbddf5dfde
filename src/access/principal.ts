import { problem } from "../http/problem.ts";
import type { KeyGrant } from "./key-record.ts";

/** Who acts, once the gate has proved it: an API key, or an access token that came from one. `agentId` is the one agent it acts as. */
export type Principal = KeyGrant & {
  readonly kind: "key" | "token";
  readonly keyId: string;
  /** What the audit log shows. */
  readonly actor: `key:${string}`;
};

/** A credential bound to an agent acts as that agent and no other: any other one does not exist for it. */
export function requireAgent(principal: Principal, agentId: string): void {
  if (principal.agentId !== null && principal.agentId !== agentId) throw problem("not_found", "the credential is bound to another agent");
}

/** Refuses a credential that is bound to one agent what concerns the whole organization. */
export function requireWholeOrganization(principal: Principal): void {
  if (principal.agentId !== null) throw problem("forbidden", "the credential is bound to one agent");
}

/** Credentials are made by keys: an access token makes none. */
export function requireKey(principal: Principal): void {
  if (principal.kind !== "key") throw problem("forbidden", "an access token mints no credential");
}
