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

/** Clerk's events come in any order, and it repeats what was not taken: this one's turn has not come. */
export const notYet = (organizationId: string) => problem("unavailable", `Clerk's organization ${organizationId} is not here yet`);
