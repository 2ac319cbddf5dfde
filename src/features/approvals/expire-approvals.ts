import { openSystemDb } from "../../access/system-principal.ts";
import { findDueApprovals } from "../../db/cross-tenant.ts";
import { joinParts } from "../../db/write-part.ts";
import type { Environment } from "../../env.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { statusAt } from "./approval.ts";
import { planEnding } from "./plan-approval.ts";
import { selectApprovalsById, updateApproval } from "./store.ts";
import { toldOf } from "./tell.ts";

const mostAtOnce = 500;
const mostOfEach = 50;

/** Notes which approvals were not decided, or not used, in time. One organization's trouble is not another's: it is tried again a minute later. */
export async function expireApprovals(env: Environment, now: Date): Promise<void> {
  const due = Map.groupBy(await findDueApprovals(env, now, mostAtOnce, mostOfEach), ({ orgId }) => orgId);
  for (const [orgId, approvals] of due) {
    try {
      await expireOf(
        env,
        orgId,
        approvals.map(({ id }) => id),
        now,
      );
    } catch (fault) {
      log("error", "approvals_not_expired", { orgId, fault: describeFault(fault) });
    }
  }
}

/** Two round trips for all of an organization: the first is the event, the others its consequences. */
async function expireOf(env: Environment, orgId: string, ids: readonly string[], now: Date): Promise<void> {
  const tenant = openSystemDb(env, orgId, "system:approvals");
  const [rows] = await tenant.read((db) => [selectApprovalsById(db, ids)]);
  const [first, ...others] = rows.filter((row) => statusAt(row, now) === "expired" && row.status !== "expired");
  if (first === undefined) return;
  const { build, consequences } = joinParts(...others.map((row) => planEnding(row, now)));
  const announces = [{ type: "approval.expired", data: toldOf(first) }] as const;
  const event = {
    action: "approval.expired",
    resource: first.id,
    change: { reason: null },
    answer: null,
    announces,
    consequences,
  } as const;
  await tenant.write(event, (db) => [updateApproval(db, first, { status: "expired", updatedAt: now }), ...build(db)]);
}
