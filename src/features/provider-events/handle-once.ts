import { platformOrgId } from "../../access/platform.ts";
import { openSystemDb } from "../../access/system-principal.ts";
import type { Action } from "../../audit/actions.ts";
import { AlreadyHandled } from "../../db/database-fault.ts";
import type { ChangeEvent, Query, ScopedDb, TenantWriter } from "../../db/tenant-db.ts";
import type { ProviderContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import type { Provider } from "../../providers/provider.ts";
import { insertProviderEvent } from "./store.ts";

/** One thing that a provider tells, however often it does. `occurredAt`: when it came to be there, not when it was sent. */
export type ProviderEvent = {
  readonly provider: Provider;
  readonly eventId: string;
  readonly type: string;
  readonly occurredAt: Date;
};

export const outcomes = ["handled", "duplicate", "ignored", "stale"] as const;
/** `duplicate`: handled before. `ignored`: it is no concern of ours. `stale`: something newer was told before. */
export type Outcome = (typeof outcomes)[number];

/** What the event brings about in an organization, as its audit event says. `subject`: the provider's name of what it told of. */
export type Effect = Omit<ChangeEvent<Action>, "id" | "answer"> & {
  readonly outcome?: Exclude<Outcome, "duplicate">;
  readonly subject?: string;
};

export type OfDelivery = Pick<ProviderContext, "env" | "requestId" | "meter">;

/** The organization that an event concerns, or the platform's. `orgId` comes from our own records: a link, a member, a tag that we made. */
export const enterFor = (context: OfDelivery, orgId: string | undefined, provider: Provider): TenantWriter<Action> =>
  openSystemDb(context.env, orgId ?? platformOrgId, `provider:${provider}`, context);

/**
 * Writes the event's row, its audit event and its effect in one transaction of the organization (of the platform's where it concerns none):
 * once, however often and however many at once it is told. Throws state_conflict where the effect was built on what has changed since.
 */
export async function handleOnce(
  context: OfDelivery,
  orgId: string | undefined,
  event: ProviderEvent,
  { outcome = "handled", subject, ...change }: Effect,
  build: (db: ScopedDb) => readonly Query[],
): Promise<Outcome> {
  const { provider, eventId, type, occurredAt } = event;
  const row = { provider, eventId, type, occurredAt, outcome, subject: subject ?? null };
  try {
    await enterFor(context, orgId, provider).write({ ...change, answer: null }, (db) => [insertProviderEvent(db, row), ...build(db)]);
    return outcome;
  } catch (fault) {
    if (fault instanceof AlreadyHandled) return "duplicate";
    throw fault;
  }
}

/** Remembers an event that changes nothing, or whose whole effect is that it is remembered. */
export const rememberEvent = (
  context: OfDelivery,
  orgId: string | undefined,
  event: ProviderEvent,
  outcome: Exclude<Outcome, "duplicate">,
  subject?: string,
): Promise<Outcome> => {
  const { provider, eventId, type } = event;
  const effect = { action: "provider.event_handled", resource: eventId, change: { provider, eventId, type, outcome }, outcome } as const;
  return handleOnce(context, orgId, event, subject === undefined ? effect : { ...effect, subject }, () => []);
};

const attempts = 4;

/** Repeats what was built on something that changed meanwhile, a few times; then the provider has to: 503. */
export async function withoutConflict<T>(attempt: () => Promise<T>): Promise<T> {
  for (let count = 1; ; count += 1) {
    try {
      return await attempt();
    } catch (fault) {
      if (!(fault instanceof Problem) || fault.code !== "state_conflict") throw fault;
      if (count === attempts) throw problem("unavailable", `told again later: ${fault.blocker}`);
    }
  }
}
