declare const proven: unique symbol;

/** The identifier of an organization that a credential, or the service itself, has proved it acts for. */
export type OrgScope = string & { readonly [proven]: true };

/** Only `access/` may call this (lint keeps it so): no other code can turn a string into a scope. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion --this is the one place that makes a scope
export const proveOrgScope = (orgId: string): OrgScope => orgId as OrgScope;
