import { sql, type SQL } from "drizzle-orm";
import { nearBudgetShare } from "../../grants/limits.ts";
import { requiredDimensions } from "../scores/index.ts";
import { foundSince, missingFrom } from "../telemetry/index.ts";
import { kindCodes, reasonCodes, type ExceptionSubject } from "./exception-id.ts";
import { limits, type ExceptionKind } from "./exception.ts";

// Each statement gives the occurrences of one kind, a bounded number for each grant or agent, so that none can hide what others do:
// what `columns` says, in that order. `ref` is the call or the telemetry event that it is; `seq` is its place in the log; null where the receipt tells.

/** `subject`: of the one thing alone that an exception is about. */
type Asked = { readonly orgId: string; readonly now: Date; readonly subject: ExceptionSubject | undefined };

const number = (value: number): SQL => sql.raw(String(value));
const timeOf = (at: Date): SQL => sql`${at.toISOString()}::timestamptz`;
const daysBefore = (now: Date, days: number): SQL => timeOf(new Date(now.getTime() - days * 86_400_000));
const since = (now: Date): SQL => daysBefore(now, limits.windowDays);
const only = (column: SQL, subject: ExceptionSubject | undefined): SQL =>
  subject === undefined ? sql`` : sql`and ${column} = ${subject.id}`;
/** As in exception-id.ts: all prefixes of what exceptions are about have three letters. */
const idOf = (code: SQL, subjectId: SQL): SQL => sql`'exc_' || ${code} || substr(${subjectId}, 5)`;
const codeOf = (kind: keyof typeof kindCodes): SQL => sql.raw(`'${kindCodes[kind]}'`);
const none = sql`null::text`;

/** What the calls of a grant were ever denied for, each combination of reasons once: a look into the index for each, and not one for each call. */
const combinations = (orgId: string): SQL => {
  const next = (after: SQL): SQL => sql`
    select i.denied_for from invocations i where i.org_id = ${orgId} and i.grant_id = g.id and ${after} order by i.denied_for limit 1`;
  return sql`
  with recursive combinations (denied_for) as (
    (${next(sql`i.denied_for is not null`)}) union all
    select (${next(sql`i.denied_for > c.denied_for`)}) from combinations c where c.denied_for is not null)
  select denied_for from combinations where denied_for is not null`;
};

/** The newest of each grant and combination of reasons, so that no reason can hide what was denied for another one. */
const denials = ({ orgId, now, subject }: Asked): SQL => sql`
  select ${idOf(sql`r.code`, sql`g.id`)}, g.id, g.agent_id, ${none}, i.id, i.created_at, i.receipt_id, null::bigint, null::jsonb
    from grants g
   cross join lateral (${combinations(orgId)}) c
   cross join lateral (
      select r.reason, ${reasonCodes}::jsonb ->> r.reason code from jsonb_array_elements_text(c.denied_for::jsonb) r (reason)) r
   cross join lateral (
      select i.id, i.receipt_id, i.created_at from invocations i
       where i.org_id = ${orgId} and i.grant_id = g.id and i.denied_for = c.denied_for and i.created_at > ${since(now)}
       order by i.created_at desc, i.id desc limit ${number(limits.occurrences)}) i
   where g.org_id = ${orgId} and r.code is not null ${only(sql`g.id`, subject)} ${subject === undefined ? sql`` : sql`and r.reason = ${subject.reason}`}`;

/** The newest of each grant. The literal status is what the index is for. */
const failures = ({ orgId, now, subject }: Asked): SQL => sql`
  select ${idOf(codeOf("failure"), sql`g.id`)}, g.id, g.agent_id, ${none}, i.id, i.created_at, i.receipt_id, null::bigint,
         null::jsonb
    from grants g
   cross join lateral (
      select i.id, i.receipt_id, i.created_at from invocations i
       where i.org_id = ${orgId} and i.grant_id = g.id and i.status = 'failed' and i.created_at > ${since(now)}
       order by i.created_at desc, i.id desc limit ${number(limits.occurrences)}) i
   where g.org_id = ${orgId} ${only(sql`g.id`, subject)}`;

/** However old: until it is settled it holds its part of the budget. */
const unknownEffects = ({ orgId, subject }: Asked): SQL => sql`
  select ${idOf(codeOf("effect_unknown"), sql`i.id`)}, g.id, g.agent_id, i.approval_id, i.id, i.created_at,
         i.receipt_id, null::bigint, null::jsonb
    from grants g cross join lateral (
      select i.id, i.approval_id, i.created_at, i.receipt_id from invocations i
       where i.org_id = ${orgId} and i.grant_id = g.id and i.status = 'unknown' ${only(sql`i.id`, subject)}
       order by i.created_at desc limit ${number(limits.occurrences)}) i
   where g.org_id = ${orgId} ${subject === undefined ? sql`` : sql`and g.id = (select s.grant_id from invocations s where s.org_id = ${orgId} and s.id = ${subject.id})`}`;

/** What waits longest expires first. */
const waitingApprovals = ({ orgId, now, subject }: Asked): SQL => sql`
  select ${idOf(codeOf("approval_waiting"), sql`a.id`)}, g.id, g.agent_id, a.id, a.invocation_id, a.created_at,
         ${none}, null::bigint, jsonb_build_object('expiresAt', a.expires_at)
    from grants g cross join lateral (
      select a.id, a.invocation_id, a.created_at, a.expires_at from approvals a
       where a.org_id = ${orgId} and a.grant_id = g.id and a.status in ('proposed', 'pending') and a.expires_at > ${timeOf(now)} ${only(sql`a.id`, subject)}
       order by a.created_at limit ${number(limits.occurrences)}) a
   where g.org_id = ${orgId} ${subject === undefined ? sql`` : sql`and g.id = (select s.grant_id from approvals s where s.org_id = ${orgId} and s.id = ${subject.id})`}`;

/** The grants whose newest call left them so, with all of their calls that did. The literal share is what the index is for. */
const nearBudgets = ({ orgId, now, subject }: Asked): SQL => sql`
  select ${idOf(codeOf("budget_near"), sql`g.id`)}, g.id, g.agent_id, ${none}, i.id, i.created_at, i.receipt_id,
         null::bigint, jsonb_build_object('share', i.budget_share)
    from grants g
   cross join lateral (
      select n.budget_share from invocations n where n.org_id = ${orgId} and n.grant_id = g.id and n.created_at > ${since(now)}
       order by n.created_at desc, n.id desc limit 1) newest
   cross join lateral (
      select i.id, i.created_at, i.receipt_id, i.budget_share from invocations i
       where i.org_id = ${orgId} and i.grant_id = g.id and i.budget_share >= ${number(nearBudgetShare)} and i.created_at > ${since(now)}
       order by i.created_at desc, i.id desc limit ${number(limits.occurrences)}) i
   where g.org_id = ${orgId} and g.status = 'active' and newest.budget_share >= ${number(nearBudgetShare)} ${only(sql`g.id`, subject)}`;

/** How far each required L of a score lies below what it was: no row in it where none lies that far. What either lacks did not fall. */
const falls = (was: SQL, is: SQL): SQL => sql`(
  select jsonb_agg(jsonb_build_object('dimension', d.name, 'from', (${was} #>> array['dimensions', d.name, 'L'])::numeric,
                                      'to', (${is} #>> array['dimensions', d.name, 'L'])::numeric))
    from unnest(array[${sql.raw(requiredDimensions.map((name) => `'${name}'`).join(", "))}]) d (name)
   where (${was} #>> array['dimensions', d.name, 'L'])::numeric - (${is} #>> array['dimensions', d.name, 'L'])::numeric >= ${number(limits.fall)})`;

/** Compared with the score that held a week ago, or where there was none with the first one since. */
const fallingScores = ({ orgId, now, subject }: Asked): SQL => {
  const weekAgo = daysBefore(now, limits.fallDays);
  const ofAgent = sql`s.org_id = ${orgId} and s.agent_id = a.id`;
  return sql`
  select ${idOf(codeOf("score_falling"), sql`a.id`)}, ${none}, a.id, ${none}, ${none}, s.computed_at, ${none},
         null::bigint, jsonb_build_object('falls', s.falls)
    from agents a
   cross join lateral (
      select s.document from scores s where ${ofAgent} and s.computed_at > ${weekAgo} order by s.computed_at desc, s.id desc limit 1) newest
   cross join lateral (
      select b.document from (
        (select s.document, s.computed_at from scores s where ${ofAgent} and s.computed_at <= ${weekAgo} order by s.computed_at desc limit 1) union all
        (select s.document, s.computed_at from scores s where ${ofAgent} and s.computed_at > ${weekAgo} order by s.computed_at limit 1)) b
       order by b.computed_at limit 1) base
   cross join lateral (
      select s.computed_at, ${falls(sql`base.document`, sql`s.document`)} falls from (
        select s.computed_at, s.document from scores s where ${ofAgent} and s.computed_at > ${weekAgo}
         order by s.computed_at desc, s.id desc limit ${number(limits.scores)}) s) s
   where a.org_id = ${orgId} and a.archived_at is null ${only(sql`a.id`, subject)}
     and ${falls(sql`base.document`, sql`newest.document`)} is not null and s.falls is not null`;
};

/** What still waits, or was found since, is left out before the newest are taken: else an agent could hide an old call behind many new ones. */
const unreceiptedCalls = ({ orgId, now, subject }: Asked): SQL => sql`
  select ${idOf(codeOf("unreceipted_tool_call"), sql`a.id`)}, ${none}, a.id, ${none}, t.id,
         ${missingFrom(sql`t`)}, ${none}, t.event_seq, null::jsonb
    from agents a
   cross join lateral (
      select t.* from telemetry_events t
       where t.org_id = ${orgId} and t.agent_id = a.id and t.type = 'tool_call' and t.matched_invocation_id is null and t.received_at > ${since(now)}
         and ${missingFrom(sql`t`)} <= ${timeOf(now)} and not exists (${foundSince(orgId, sql`t`)})
       order by t.received_at desc limit ${number(limits.occurrences)}) t
   where a.org_id = ${orgId} ${only(sql`a.id`, subject)}`;

const statements: Readonly<Record<ExceptionKind, (asked: Asked) => SQL>> = {
  denial: denials,
  failure: failures,
  effect_unknown: unknownEffects,
  approval_waiting: waitingApprovals,
  budget_near: nearBudgets,
  score_falling: fallingScores,
  unreceipted_tool_call: unreceiptedCalls,
};

const columns = sql.raw("id, grant_id, agent_id, approval_id, ref, at, receipt_id, seq, detail");

/** Occurrences of these kinds, at least one, as something to select from by the name `o`. */
export const occurrences = (orgId: string, now: Date, kinds: readonly ExceptionKind[], subject: ExceptionSubject | undefined): SQL => {
  const all = kinds.map((kind) => statements[kind]({ orgId, now, subject }));
  return sql`(${sql.join(all, sql` union all `)}) o (${columns})`;
};
