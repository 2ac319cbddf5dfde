import { findLinkedOrganization } from "../../db/cross-tenant.ts";
import { problem } from "../../http/problem.ts";
import { enterFor, selectNewestEvent, type OfDelivery, type ProviderEvent } from "../provider-events/index.ts";

/** One event of Clerk on its way to its effect. */
export type ClerkCall = OfDelivery & { readonly event: ProviderEvent; readonly now: Date };

export const linkedTo = ({ env }: ClerkCall, organizationId: string): Promise<string | undefined> =>
  findLinkedOrganization(env, "clerk", organizationId);

/** What ends something at Clerk, for good: whatever is told of it with an earlier time comes too late. */
const ends = ["organization.deleted", "organizationMembership.deleted", "user.deleted"];

export const selectEnd = (db: Parameters<typeof selectNewestEvent>[0], subjects: readonly string[]) =>
  selectNewestEvent(db, { provider: "clerk", subjects, types: ends });

/** Whether the platform was told that something has ended that no organization here knew, or a person everywhere. */
export async function hasEnded(call: ClerkCall, subject: string): Promise<boolean> {
  const [[end]] = await enterFor(call, undefined, "clerk").read((db) => [selectEnd(db, [subject])]);
  return end !== undefined && end.occurredAt >= call.event.occurredAt;
}

/**
 * The organization here; undefined for one that has ended before we knew it. Events come in any order, and Clerk repeats what was not taken:
 * 503 where it may come yet.
 */
export async function requireLinked(call: ClerkCall, externalId: string): Promise<string | undefined> {
  const orgId = await linkedTo(call, externalId);
  if (orgId !== undefined) return orgId;
  if (await hasEnded(call, externalId)) return undefined;
  throw problem("unavailable", `Clerk's organization ${externalId} is not here yet`);
}
