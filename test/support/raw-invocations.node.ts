import type { Statement } from "../../src/local/sql-batch.ts";
import { enter, event, statement } from "./raw-sql.node.ts";

/** Names of 22 digits that end in a number. */
const named = (prefix: string, n: string): string => `'${prefix}_' || lpad((${n})::text, 22, '0')`;

/**
 * Calls 20 s apart until now, of several grants: one in ten is denied, or all of them; one in 40 failed, one in 1,000 unknown, the rest went well.
 * In one transaction with one event.
 */
export const seedCalls = (
  orgId: string,
  agentId: string,
  { calls, grants, allDenied = false }: { readonly calls: number; readonly grants: number; readonly allDenied?: boolean },
): Statement[] => [
  enter(orgId),
  event(orgId),
  statement(
    `insert into capabilities (org_id, id, name, description, kind, status, version, credential_version, revision, created_at, updated_at)
       values ($1, 'cap_0000000000000000000001', 'cap', '', 'http', 'active', 1, 0, 1, now(), now())`,
    orgId,
  ),
  statement(
    `insert into policies (org_id, id, capability_id, name, activation, latest_version, revision, created_at, updated_at)
       values ($1, 'pol_0000000000000000000001', 'cap_0000000000000000000001', 'policy', 0, 1, 1, now(), now())`,
    orgId,
  ),
  statement(
    `insert into grants (org_id, id, agent_id, capability_id, policy_id, tool_name, budget, rate_per_minute, status, created_by, revision, created_at, updated_at)
       select $1, ${named("grt", "n")}, $2, 'cap_0000000000000000000001', 'pol_0000000000000000000001', 'tool_' || n, '{}', 60, 'active', 'member:test', 1,
              now(), now() from generate_series(1, ${grants}) n`,
    orgId,
    agentId,
  ),
  statement(
    `insert into receipts (org_id, id, agent_id, number, action, about, mode, disposition, effect, statement, dsse_signature, digest, kid, issued_at)
       select $1, ${named("rcp", "n")}, $2, n, 'grant.invoke', 'inv', 'production', 'executed', 'confirmed', 'a.b.c', 's', 'sha256:test', 'kid', now()
         from generate_series(1, ${calls}) n`,
    orgId,
    agentId,
  ),
  statement(
    `insert into invocations (org_id, id, grant_id, agent_id, capability_id, mode, decision, reasons, rule_ids, status, effect, basis, policy_id, policy_version,
                              request_digest, action_digest, receipt_id, cost_micros, budget_share, sealed_input, revision, created_at)
       select $1, ${named("inv", "n")}, ${named("grt", `1 + (n / ${allDenied ? 1 : 10}) % ${grants}`)}, $2, 'cap_0000000000000000000001', 'production',
              case s.status when 'denied' then 'deny' else 'allow' end,
              (case s.status when 'denied' then '["denied_by_rule", "rate_exceeded"]' else '["allowed_by_rule"]' end)::jsonb, '[]', s.status,
              case s.status when 'denied' then null when 'executed' then 'confirmed' else s.status end, 'sha256:basis', 'pol_0000000000000000000001', 1,
              'sha256:r', 'sha256:a', ${named("rcp", "n")}, 0, (n % 100) / 100.0, repeat('x', 600), 1, now() - make_interval(secs => (${calls} - n) * 20)
         from generate_series(1, ${calls}) n
        cross join lateral (select case when ${allDenied} then 'denied' when n % 1000 = 7 then 'unknown' when n % 40 = 3 then 'failed' when n % 10 = 1 then 'denied' else 'executed' end) s (status)`,
    orgId,
    agentId,
  ),
];
