import type pg from "pg";
import type { ApprovalStatus } from "../../src/grants/approval.ts";
import { newId } from "../../src/platform/ids.ts";
import { asApp, enter, event, newAgent, statement } from "./raw-sql.node.ts";

export type RawApproval = { readonly orgId: string; readonly id: string; readonly actionDigest: string };

/** A grant and all that it refers to. */
async function newGrant(pool: pg.Pool, orgId: string): Promise<{ grantId: string; agentId: string }> {
  const agentId = await newAgent(pool, orgId);
  const [capabilityId, policyId, grantId] = [newId("capability"), newId("policy"), newId("grant")];
  await asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      `insert into capabilities (org_id, id, name, description, kind, status, version, credential_version, revision, created_at, updated_at)
       values ($1, $2, $2, 'd', 'http', 'active', 1, 0, 1, now(), now())`,
      ...[orgId, capabilityId],
    ),
    statement(
      `insert into policies (org_id, id, capability_id, name, activation, latest_version, revision, created_at, updated_at)
       values ($1, $2, $3, 'p', 0, 1, 1, now(), now())`,
      ...[orgId, policyId, capabilityId],
    ),
    statement(
      `insert into grants (org_id, id, agent_id, capability_id, policy_id, tool_name, budget, rate_per_minute, status, created_by, revision, created_at, updated_at)
       values ($1, $2, $3, $4, $5, 'tool', '{}', 60, 'active', 'member:m', 1, now(), now())`,
      ...[orgId, grantId, agentId, capabilityId, policyId],
    ),
  );
  return { grantId, agentId };
}

type Wish = {
  readonly id?: string;
  readonly status: ApprovalStatus;
  /** From now, as an interval. */
  readonly expires?: string;
  readonly sealedPreview?: string;
  readonly previewDigest?: string;
};

/** An approval in a state, made as such: how it came there is not what is tested. */
export async function newApproval(pool: pg.Pool, orgId: string, wish: Wish): Promise<RawApproval> {
  const { id = newId("approval"), status, expires = "1 hour", sealedPreview = "s", previewDigest = "p" } = wish;
  const { grantId, agentId } = await newGrant(pool, orgId);
  const actionDigest = `sha256:${crypto.randomUUID()}`;
  const decided = ["approved", "denied", "consumed"].includes(status);
  await asApp(
    pool,
    enter(orgId),
    event(orgId),
    statement(
      `insert into approvals (org_id, id, grant_id, agent_id, invocation_id, requested_by, status, request_digest, action_digest, sealed_preview,
         preview_digest, four_eyes, expires_at, decided_by, decided_at, consumed_by, consumed_at, revision, created_at, updated_at)
       values ($1, $2, $3, $4, 'inv_1', 'key:k', $5, 'r', $6, $7, $8, false, now() + $9::interval, $10, $11, $12, $13, 1, now(), now())`,
      ...[orgId, id, grantId, agentId, status, actionDigest, sealedPreview, previewDigest, expires],
      ...(decided ? ["member:m", "2026-01-01"] : [null, null]),
      ...(status === "consumed" ? ["inv_2", "2026-01-01"] : [null, null]),
    ),
  );
  return { orgId, id, actionDigest };
}
