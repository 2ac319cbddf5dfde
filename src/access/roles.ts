import { scopes, type Scope } from "./scopes.ts";

/** What a person may be in an organization, the least first. */
export const roles = ["viewer", "operator", "admin", "owner"] as const;
export type Role = (typeof roles)[number];

const isRead = (scope: Scope): boolean => scope.endsWith(":read");
/** Who is let in, with what rights, and what is paid for. */
const governs = new Set<Scope>(["keys:write", "tokens:issue", "members:write", "billing:write"]);

/** What each role may do. Only an owner changes who the owners are: features/members sees to it. */
export const roleScopes: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: scopes.filter(isRead),
  operator: scopes.filter((scope) => !governs.has(scope)),
  admin: scopes,
  owner: scopes,
};

/** The lesser of two: what both allow. */
export const lesserRole = (one: Role, other: Role): Role => (roles.indexOf(one) <= roles.indexOf(other) ? one : other);
