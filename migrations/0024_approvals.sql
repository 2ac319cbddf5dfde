ALTER TABLE "agents" ADD COLUMN "registered_by" text;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "requested_by" text NOT NULL;--> statement-breakpoint
ALTER TABLE "approvals" ADD COLUMN "sealed_note" text;
--> statement-breakpoint

-- Who registered the agents that were there before, as the log tells it: of those that came in one call with others, where nobody else
-- registered any in that minute. Where it is not known, nobody passes for not being their owner. The owner of the tables is bound by forced row
-- security too, and this is no change of the organization's.
alter table agents no force row level security;
--> statement-breakpoint
alter table audit_events no force row level security;
--> statement-breakpoint
alter table agents disable trigger user;
--> statement-breakpoint
update agents a set registered_by = e.actor from audit_events e
 where e.org_id = a.org_id and e.resource = a.id and e.action in ('agent.created', 'agent_card.imported');
--> statement-breakpoint
update agents a set registered_by = b.actor
  from (select g.org_id, g.id, min(e.actor) as actor
          from agents g join audit_events e on e.org_id = g.org_id and e.action = 'agent.batch_created'
                                           and e.at between g.created_at - interval '60 s' and g.created_at + interval '60 s'
         group by g.org_id, g.id having count(distinct e.actor) = 1) b
 where a.registered_by is null and b.org_id = a.org_id and b.id = a.id;
--> statement-breakpoint
alter table agents enable trigger user;
--> statement-breakpoint
alter table agents force row level security;
--> statement-breakpoint
alter table audit_events force row level security;
--> statement-breakpoint
create function app.keep_registrant() returns trigger language plpgsql as $$
begin
  raise exception 'who registered an agent stays so' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger registered before update on agents for each row
  when (new.registered_by is distinct from old.registered_by) execute function app.keep_registrant();
--> statement-breakpoint

-- A note is written with the decision, and stays.
alter table approvals add constraint approvals_note check (sealed_note is null or decided_by is not null);
--> statement-breakpoint
create trigger noted before update on approvals for each row
  when (old.decided_by is not null and new.sealed_note is distinct from old.sealed_note) execute function app.keep_approval();
--> statement-breakpoint
grant update (sealed_note) on approvals to armalo_app;
--> statement-breakpoint

-- Approvals whose time is over: of each organization its `most_of_each` that are over longest, the first of each before the second of any.
create function app.due_approvals(before timestamptz, most integer, most_of_each integer) returns table (org_id text, id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select d.org_id, d.id
    from (select a.org_id, a.id, a.expires_at, row_number() over (partition by a.org_id order by a.expires_at, a.id) as place
            from public.approvals a where a.status in ('proposed', 'pending', 'approved') and a.expires_at <= before) d
   where d.place <= most_of_each order by d.place, d.expires_at limit least(most, 500)
$$;
--> statement-breakpoint
create policy system_due on approvals for select to armalo_system using (status in ('proposed', 'pending', 'approved'));
--> statement-breakpoint
grant select (org_id, id, status, expires_at) on approvals to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.due_approvals(timestamptz, integer, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.due_approvals(timestamptz, integer, integer), app.keep_registrant() from public;
--> statement-breakpoint
grant execute on function app.due_approvals(timestamptz, integer, integer) to armalo_app;
