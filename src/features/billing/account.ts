import type { Plan } from "../../access/plans.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import type { Consequence } from "../../db/tenant-db.ts";
import type { WritePart } from "../../db/write-part.ts";
import { newId } from "../../platform/ids.ts";
import { planOf, standingOf, type PlanSource } from "./subscription.ts";
import { insertNotice, updatePlan, type SubscriptionRow } from "./store.ts";

/** An organization's plan as it was read, with all that decides it. */
export type Account = {
  readonly orgId: string;
  readonly plan: Plan;
  readonly grantedPlan: Plan;
  readonly planRevision: number;
  readonly subscriptions: readonly SubscriptionRow[];
};

/** What changes in an account with one of its subscriptions. */
export type AccountChange = WritePart & {
  readonly event: { readonly action: "subscription.changed"; readonly resource: string; readonly change: JsonValue };
};

/** What follows from a subscription's being as it is now: the plan, what the log says of it, and what people should be told. */
export function changeAccount(account: Account, now: SubscriptionRow, at: Date): AccountChange {
  const before = account.subscriptions.find(({ id }) => id === now.id);
  const others = account.subscriptions.filter(({ id }) => id !== now.id).map((row) => ({ ...row, ...standingOf(row, at) }));
  const { plan, source } = planOf(account.grantedPlan, [...others, now]);
  const changed = plan === account.plan ? undefined : { plan, planSince: at };
  return {
    event: { action: "subscription.changed", resource: now.id, change: changeOf(now) },
    consequences: changed === undefined ? [] : [planChanged(account, plan, source)],
    build: (db) => [
      updatePlan(db, account.planRevision, changed),
      ...(now.status === "grace" && before?.status !== "grace" ? [insertNotice(db, failedNotice(now, at))] : []),
      ...(changed === undefined ? [] : [insertNotice(db, planNotice(account, plan, at))]),
    ],
  };
}

const changeOf = ({ provider, externalId, plan, status, graceUntil, legacy }: SubscriptionRow): JsonValue => ({
  provider,
  externalId,
  plan,
  status,
  graceUntil: graceUntil?.toISOString() ?? null,
  legacy,
});

/** The log's word on a plan that is another one now. */
const planChanged = ({ orgId, plan: from }: Pick<Account, "orgId" | "plan">, to: Plan, source: PlanSource): Consequence => ({
  action: "plan.changed",
  resource: orgId,
  change: { from, to, source },
});

const failedNotice = ({ id, plan, graceUntil }: SubscriptionRow, createdAt: Date) => ({
  id: newId("notice"),
  kind: "payment_failed" as const,
  severity: "warning" as const,
  subject: "A payment failed",
  text: `A payment for the plan ${plan} failed. The plan holds until ${graceUntil?.toISOString() ?? "now"}; pay where you subscribed to keep it.`,
  resource: id,
  createdAt,
});

const planNotice = ({ orgId, plan: from }: Account, to: Plan, createdAt: Date) => ({
  id: newId("notice"),
  kind: "plan_changed" as const,
  severity: "info" as const,
  subject: `The plan is ${to} now`,
  text: `The plan was ${from} and is ${to} now. What there is stays; what is beyond the plan's limits cannot be added to. GET /v1/billing shows the limits.`,
  resource: orgId,
  createdAt,
});
