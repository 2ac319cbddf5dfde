import { sql, type SQL } from "drizzle-orm";
import { claimDays, graceMinutes } from "./event.ts";

/** A row of telemetry_events, or one that is about to be: by what name a query has it. */
type Claim = SQL;

/**
 * The one invocation that a claim can be: it names it or its receipt, it is not too old, and agent, tool, mode and (where given) the request's
 * digest are its own. For a lateral join: `id`, `receipt_id` and `request_digest`. Each name is an equality of its own, because under row
 * security an index serves no other: else each claim would read all calls of a grant.
 */
export function fittingInvocation(orgId: string, claim: Claim): SQL {
  const named = (column: SQL, name: SQL): SQL => sql`
    select n.id, n.grant_id, n.receipt_id, n.request_digest from invocations n
     where n.org_id = ${orgId} and ${column} = ${name} and n.agent_id = ${claim}.agent_id and n.mode = ${claim}.mode
       and n.created_at > ${claim}.received_at - make_interval(days => ${sql.raw(String(claimDays))})
       and coalesce(${claim}.claimed_request_digest, n.request_digest) = n.request_digest`;
  return sql`
  select i.id, i.receipt_id, i.request_digest
    from (${named(sql`n.id`, sql`${claim}.claimed_invocation_id`)} union all ${named(sql`n.receipt_id`, sql`${claim}.claimed_receipt_id`)}) i
    join grants g on g.org_id = ${orgId} and g.id = i.grant_id
   where g.tool_name = ${claim}.tool`;
}

/** Whether another row claims the invocation `fit`, and is as right as this claim: the first one has it. `before` says which rows are asked. */
const otherClaim = (orgId: string, claim: Claim, fit: SQL, before: SQL): SQL => {
  const rival = (names: SQL): SQL => sql`exists (
    select from telemetry_events o where o.org_id = ${orgId} and ${names} and o.agent_id = ${claim}.agent_id and o.tool = ${claim}.tool
       and o.mode = ${claim}.mode and coalesce(o.claimed_request_digest, ${fit}.request_digest) = ${fit}.request_digest and ${before})`;
  return sql`(${rival(sql`o.claimed_invocation_id = ${fit}.id`)} or ${rival(sql`o.claimed_receipt_id = ${fit}.receipt_id`)})`;
};

/** Whether any row has the invocation `fit` already. For a claim that is not written yet: all rows there are came before it. */
export const isTaken = (orgId: string, claim: Claim, fit: SQL): SQL => otherClaim(orgId, claim, fit, sql`true`);

/**
 * The invocation of a kept claim that was not found when it came, if it can be found now: `id`, or no row. Only one that was logged behind the
 * claim: another's was taken then, also where the claim that took it is deleted since. What was found once stays so: rows are never changed,
 * and in the order of the log no claim comes before one that is there.
 */
export const foundSince = (orgId: string, claim: Claim): SQL => sql`
  select fit.id from (${fittingInvocation(orgId, claim)}) fit
   where ${claim}.type = 'tool_call' and ${claim}.matched_invocation_id is null
     and (select r.event_seq from receipts r where r.org_id = ${orgId} and r.id = fit.receipt_id) > ${claim}.event_seq
     and not ${otherClaim(orgId, claim, sql`fit`, sql`(o.event_seq, o.position) < (${claim}.event_seq, ${claim}.position)`)}`;

/** From when on a claim that nothing matches has no receipt: one that names nothing never gets one. */
export const missingFrom = (claim: Claim): SQL => sql`
  (case when coalesce(${claim}.claimed_invocation_id, ${claim}.claimed_receipt_id) is null then ${claim}.received_at
        else ${claim}.received_at + make_interval(mins => ${sql.raw(String(graceMinutes))}) end)`;
