import { openSystemDb } from "../../access/system-principal.ts";
import type { Basics } from "../../http/operation.ts";
import type { ApprovalRow } from "./approval.ts";
import { consumeStatement } from "./store.ts";
import { toldOfDecided } from "./tell.ts";

/** Whose approval, as it was read and judged usable, and for which action of which invocation. */
type Use = { readonly orgId: string; readonly row: ApprovalRow; readonly actionDigest: string; readonly invocationId: string };

/**
 * Uses an approval up, in a write of its own, just before the call that it allows: one round trip. Whoever comes second, too late or with
 * another action gets 409 and must not call.
 */
export async function consumeApproval(
  { env, requestId, meter, now }: Pick<Basics, "env" | "requestId" | "meter" | "now">,
  { orgId, row, actionDigest, invocationId }: Use,
): Promise<void> {
  const tenant = openSystemDb(env, orgId, `agent:${row.agentId}`, { requestId, meter });
  const { id } = row;
  const announces = [{ type: "approval.consumed", data: { ...toldOfDecided(row), consumedBy: invocationId } }] as const;
  const event = {
    action: "approval.consumed",
    resource: id,
    change: { actionDigest, consumedBy: invocationId },
    answer: null,
    announces,
  } as const;
  await tenant.write(event, (db) => [consumeStatement(db, { id, actionDigest, invocationId, now })]);
}
