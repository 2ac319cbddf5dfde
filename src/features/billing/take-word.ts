import { askGate } from "../../access/admit.ts";
import { readCheckoutReference } from "../../access/checkout-reference.ts";
import { findLinkedOrganization } from "../../db/cross-tenant.ts";
import type { ProviderContext } from "../../http/operation.ts";
import { newId } from "../../platform/ids.ts";
import { enterFor, handleOnce, rememberEvent, withoutConflict, type Outcome, type ProviderEvent } from "../provider-events/index.ts";
import { changeAccount, type Account } from "./account.ts";
import { insertLink, insertSubscription, selectAccount, selectSubscriptions, updateSubscription, type SubscriptionRow } from "./store.ts";
import { hear, standingOf, type Told, type Word } from "./subscription.ts";

/** What a provider's event says of which subscription. */
export type Telling = {
  readonly event: ProviderEvent & { readonly provider: "whop" | "stripe" };
  readonly externalId: string;
  /** The reference of the checkout that it came from, as the event has it; only ours counts. */
  readonly reference?: unknown;
  readonly word: Word;
};

/**
 * Changes the subscription, and the plan if another one follows, once; then the gate is told, before the provider gets its answer. Where the gate
 * is out of reach the provider comes again: its event is a duplicate then, and the gate is told all the same.
 */
export async function takeWord(context: ProviderContext, telling: Telling): Promise<Outcome> {
  const { outcome, orgId } = await withoutConflict(() => attempt(context, telling));
  if (orgId !== undefined) await askGate(context.env, orgId, (gate) => gate.forget());
  return outcome;
}

async function attempt(context: ProviderContext, telling: Telling): Promise<{ outcome: Outcome; orgId: string | undefined }> {
  const { event, externalId } = telling;
  const linked = await findLinkedOrganization(context.env, event.provider, externalId);
  const orgId = linked ?? (await readCheckoutReference(context.env, telling.reference));
  if (orgId === undefined) return { outcome: await rememberEvent(context, undefined, event, "ignored", externalId), orgId };
  const account = await readAccount(context, orgId, event.provider);
  const before = account?.subscriptions.find((row) => row.provider === event.provider && row.externalId === externalId);
  const heard = hear(before, telling.word);
  if (account === undefined || heard === "unknown")
    return { outcome: await rememberEvent(context, undefined, event, "ignored", externalId), orgId: undefined };
  if (heard === "stale") return { outcome: await rememberEvent(context, orgId, event, "stale", externalId), orgId };

  const row = rowOf(telling, before, heard.told, context.now);
  const { event: effect, consequences, build } = changeAccount(account, row, context.now);
  const outcome = await handleOnce(context, orgId, event, { ...effect, consequences, subject: externalId }, (db) => [
    ...(linked === undefined ? [insertLink(db, { provider: event.provider, externalId, createdAt: context.now })] : []),
    before === undefined ? insertSubscription(db, row) : updateSubscription(db, row),
    ...build(db),
  ]);
  return { outcome, orgId };
}

async function readAccount(context: ProviderContext, orgId: string, provider: "whop" | "stripe"): Promise<Account | undefined> {
  const [[organization], subscriptions] = await enterFor(context, orgId, provider).read((db) => [
    selectAccount(db),
    selectSubscriptions(db),
  ]);
  return organization === undefined ? undefined : { ...organization, orgId, subscriptions };
}

function rowOf({ event, externalId }: Telling, before: SubscriptionRow | undefined, told: Told, now: Date): SubscriptionRow {
  const { provider } = event;
  const made = before ?? { id: newId("subscription"), provider, externalId, legacy: provider === "stripe", createdAt: now };
  return { ...made, ...told, ...standingOf(told, now), updatedAt: now };
}
