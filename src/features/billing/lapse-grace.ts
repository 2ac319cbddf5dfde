import { askGate } from "../../access/admit.ts";
import { openSystemDb } from "../../access/system-principal.ts";
import { findLapsed } from "../../db/cross-tenant.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { withoutConflict } from "../provider-events/index.ts";
import { changeAccount, type Account } from "./account.ts";
import { selectAccount, selectSubscriptions, updateSubscription } from "./store.ts";
import { standingOf } from "./subscription.ts";

const mostAtOnce = 100;

/** Ends what was not paid for within its grace. One organization's trouble is not another's: it is tried again a minute later. */
export async function lapseGrace(env: Environment, now: Date): Promise<void> {
  for (const orgId of await findLapsed(env, now, mostAtOnce)) {
    try {
      while (await withoutConflict(() => lapseOne(env, orgId, now)));
      // A gate that cannot be told reads the plan anew within a minute by itself.
      await askGate(env, orgId, (gate) => gate.forget());
    } catch (fault) {
      log("error", "grace_not_lapsed", { orgId, fault: describeFault(fault) });
    }
  }
}

/** One subscription is one event; false where none is left. */
async function lapseOne(env: Environment, orgId: string, now: Date): Promise<boolean> {
  const tenant = openSystemDb(env, orgId, "system:billing");
  const [[organization], subscriptions] = await tenant.read((db) => [selectAccount(db), selectSubscriptions(db)]);
  const lapsed = subscriptions.find((row) => row.status === "grace" && standingOf(row, now).status === "ended");
  if (organization === undefined || lapsed === undefined) return false;
  const account: Account = { ...organization, orgId, subscriptions };
  const row = { ...lapsed, ...standingOf(lapsed, now), updatedAt: now };
  const { event, consequences, build } = changeAccount(account, row, now);
  await tenant.write({ ...event, consequences, answer: null }, (db) => [updateSubscription(db, row), ...build(db)]);
  return true;
}
