-- What agents tell of themselves is kept for 90 days, and then deleted with an event in the organization's own log: before that by nobody.
drop trigger immutable on telemetry_events;
--> statement-breakpoint
create trigger immutable before update or truncate on telemetry_events for each statement execute function app.refuse();
--> statement-breakpoint
create trigger kept before delete on telemetry_events for each row
  when (old.received_at > now() - interval '90 days') execute function app.refuse();
--> statement-breakpoint
grant delete on telemetry_events to armalo_app;
--> statement-breakpoint
create policy system_purge on telemetry_events for select to armalo_system using (received_at < now() - interval '90 days');
--> statement-breakpoint
grant select (org_id, received_at) on telemetry_events to armalo_system;
--> statement-breakpoint
-- Organizations with events that are past their time by a day: so that each deletes once a day, and not with every minute's few. In no order:
-- one that cannot delete must not keep the others.
create function app.due_telemetry(most integer) returns table (org_id text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select o.id from public.organizations o
   where exists (select from public.telemetry_events t where t.org_id = o.id and t.received_at < now() - interval '91 days')
   order by random() limit least(most, 500)
$$;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.due_telemetry(integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.due_telemetry(integer) from public;
--> statement-breakpoint
grant execute on function app.due_telemetry(integer) to armalo_app;
--> statement-breakpoint
-- What a call was denied for, as a text: under row security an index serves equality and order of texts, not what is in a JSON array. So an
-- old denial for one reason is found however many newer ones for others there are.
alter table invocations add column denied_for text generated always as (case when status = 'denied' then reasons::text end) stored;
--> statement-breakpoint
create index invocations_denied on invocations (org_id, grant_id, denied_for, created_at, id) where denied_for is not null;
