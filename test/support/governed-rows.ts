import { newId } from "../../src/platform/ids.ts";
import type { DecisionReason } from "../../src/policies/decision.ts";
import type { Granted } from "./grants.ts";
import { ownerSees } from "./harness.ts";

// Rows of governed access as its writers leave them, each in a transaction with its event, for what is derived from them.

/** One transaction of the organization, with one event in its log. The texts are ours: identifiers, numbers and times. */
const within = (orgId: string, action: string, statements: readonly string[]): Promise<unknown> =>
  ownerSees(`do $$ begin
    perform set_config('app.org_id', '${orgId}', true), set_config('app.actor', 'system:test', true), set_config('app.request_id', 'req_test', true);
    insert into audit_events (org_id, id, action, resource, change)
      values ('${orgId}', '${newId("auditEvent")}', '${action}', 'test', 'sha256:${"0".repeat(64)}');
    ${statements.join(";\n")};
  end $$`);

/** A grant, as newGrant makes it. */
type Governed = Granted & { readonly grantId: string };

type Status = "denied" | "failed" | "unknown" | "executed" | "simulated";
type SeededCall = {
  readonly id?: string;
  readonly status: Status;
  readonly reasons?: readonly DecisionReason[];
  readonly mode?: "simulation" | "production";
  readonly share?: number;
  /** How long ago the call began; it is logged now. */
  readonly minutesAgo?: number;
  readonly requestDigest?: string;
};

/** Of each status: the effect, and the receipt's disposition and effect. */
const outcomes: Readonly<Record<Status, readonly [string, string, string]>> = {
  denied: ["null", "'denied'", "null"],
  simulated: ["null", "'blocked'", "null"],
  executed: ["'confirmed'", "'executed'", "'confirmed'"],
  failed: ["'failed'", "'errored'", "'attempted'"],
  unknown: ["'unknown'", "'timed_out'", "'unknown'"],
};

/** One use of a grant with its receipt, behind the last one of the agent. */
export async function seedCall(grant: Governed, call: SeededCall): Promise<{ invocationId: string; receiptId: string }> {
  const [invocationId, receiptId] = [call.id ?? newId("invocation"), newId("receipt")];
  const { agentId, grantId, capabilityId, policyId } = grant;
  const { orgId } = grant.org;
  const { status, mode = "production", share = 0, minutesAgo = 0, requestDigest = "sha256:request" } = call;
  const [effect, disposition, known] = outcomes[status];
  const decision = status === "denied" ? "deny" : "allow";
  const reasons = JSON.stringify(call.reasons ?? [status === "denied" ? "denied_by_rule" : "allowed_by_rule"]);
  const at = `date_trunc('milliseconds', now()) - interval '${minutesAgo} minutes'`;
  await within(orgId, "grant.invoked", [
    `insert into receipts (org_id, id, agent_id, number, action, about, mode, disposition, effect, statement, dsse_signature, digest, kid, issued_at)
       select '${orgId}', '${receiptId}', '${agentId}', 1 + coalesce(max(number), 0), 'grant.invoke', '${invocationId}', '${mode}', ${disposition}, ${known}, 'a.b.c', 's',
              'sha256:test', 'kid', ${at} from receipts where org_id = '${orgId}' and agent_id = '${agentId}'`,
    `insert into invocations (org_id, id, grant_id, agent_id, capability_id, mode, decision, reasons, rule_ids, status, effect, basis, policy_id, policy_version,
                              request_digest, action_digest, receipt_id, cost_micros, budget_share, sealed_input, revision, created_at)
       values ('${orgId}', '${invocationId}', '${grantId}', '${agentId}', '${capabilityId}', '${mode}', '${decision}', '${reasons}', '[]', '${status}',
               ${effect}, 'sha256:basis', '${policyId}', 1, '${requestDigest}', 'sha256:action', '${receiptId}', 0, ${share}, 'sealed', 1, ${at})`,
  ]);
  return { invocationId, receiptId };
}

/** So many more calls like one that was seeded: with its receipt, each a millisecond before the last one. */
export const repeatCall = ({ org: { orgId } }: Pick<Governed, "org">, invocationId: string, times: number): Promise<unknown> =>
  ownerSees(`do $$ begin
    set local session_replication_role = replica;
    insert into invocations (org_id, id, grant_id, agent_id, capability_id, mode, decision, reasons, rule_ids, status, effect, basis, policy_id, policy_version,
                             request_digest, action_digest, receipt_id, cost_micros, budget_share, sealed_input, revision, created_at)
      select org_id, 'inv_' || lpad(n || substr(id, 18), 22, '0'), grant_id, agent_id, capability_id, mode, decision, reasons, rule_ids, status, effect, basis,
             policy_id, policy_version, request_digest, action_digest, receipt_id, cost_micros, budget_share, sealed_input, revision,
             created_at - n * interval '1 millisecond'
        from invocations cross join generate_series(1, ${times}) n where org_id = '${orgId}' and id = '${invocationId}';
  end $$`);

/** As if all calls until now had been made so much earlier. */
export const ageCalls = ({ org: { orgId } }: Pick<Governed, "org">, days: number): Promise<unknown> =>
  ownerSees(`do $$ begin
    set local session_replication_role = replica;
    update invocations set created_at = created_at - interval '${days} days' where org_id = '${orgId}';
  end $$`);

/** An operator's word on an effect that was unknown. */
export const seedSettlement = ({ org: { orgId } }: Pick<Governed, "org">, invocationId: string): Promise<unknown> =>
  within(orgId, "invocation.settled", [
    `update invocations set status = 'executed', effect = 'confirmed', settled_by = 'member:test', settled_at = now(), revision = revision + 1
      where org_id = '${orgId}' and id = '${invocationId}'`,
  ]);

/** An approval that waits, or is not waited for any more. */
export async function seedApproval(grant: Governed, status: "pending" | "cancelled", expiresInMinutes = 60): Promise<string> {
  const id = newId("approval");
  const expires = `now() + interval '${expiresInMinutes} minutes'`;
  await within(grant.org.orgId, "approval.proposed", [
    `insert into approvals (org_id, id, grant_id, agent_id, invocation_id, status, request_digest, action_digest, sealed_preview, preview_digest, four_eyes, requested_by,
                            expires_at, revision, created_at, updated_at)
       values ('${grant.org.orgId}', '${id}', '${grant.grantId}', '${grant.agentId}', '${newId("invocation")}', '${status}', 'sha256:r', 'sha256:${id}', 'sealed',
               'sha256:p', false, 'key:test', ${expires}, 1, now(), now())`,
  ]);
  return id;
}

/** A score that was kept so many days ago, with this L in every required dimension. */
export async function seedScore(orgId: string, agentId: string, daysAgo: number, lower: Readonly<Record<string, number>>): Promise<void> {
  const dimensions = JSON.stringify(Object.fromEntries(Object.entries(lower).map(([name, L]) => [name, { L }])));
  await within(orgId, "score.changed", [
    `insert into scores (org_id, id, agent_id, document, version_number, runs_on_record, computed_at)
       values ('${orgId}', '${newId("score")}', '${agentId}', '{"dimensions": ${dimensions}}', 1, 1, date_trunc('milliseconds', now()) - interval '${daysAgo} days')`,
  ]);
}
