CREATE TABLE "notices" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"severity" text NOT NULL,
	"subject" text NOT NULL,
	"text" text NOT NULL,
	"resource" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "notices_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"org_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"event_id" text NOT NULL,
	"status" text NOT NULL,
	"attempts" integer NOT NULL,
	"scheduled_at" timestamp (3) with time zone NOT NULL,
	"next_attempt_at" timestamp (3) with time zone,
	"last_attempt_at" timestamp (3) with time zone,
	"response_status" integer,
	"response_ms" integer,
	"failure" text,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "webhook_deliveries_org_id_endpoint_id_event_id_pk" PRIMARY KEY("org_id","endpoint_id","event_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_endpoints" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"url" text NOT NULL,
	"description" text,
	"event_types" jsonb NOT NULL,
	"scheme" text NOT NULL,
	"status" text NOT NULL,
	"disabled_reason" text,
	"secret_version" integer NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "webhook_endpoints_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhook_events" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"type" text NOT NULL,
	"payload" text NOT NULL,
	"audit_event_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "webhook_events_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "webhook_health" (
	"org_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"failing_since" timestamp (3) with time zone,
	"alerted_percent" integer NOT NULL,
	"last_success_at" timestamp (3) with time zone,
	"last_failure_at" timestamp (3) with time zone,
	CONSTRAINT "webhook_health_org_id_endpoint_id_pk" PRIMARY KEY("org_id","endpoint_id")
);
--> statement-breakpoint
CREATE TABLE "webhook_secrets" (
	"org_id" text NOT NULL,
	"endpoint_id" text NOT NULL,
	"version" integer NOT NULL,
	"sealed_secret" text NOT NULL,
	"public_key" text,
	"signs_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "webhook_secrets_org_id_endpoint_id_version_pk" PRIMARY KEY("org_id","endpoint_id","version")
);
--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_org_id_endpoint_id_webhook_endpoints_org_id_id_fk" FOREIGN KEY ("org_id","endpoint_id") REFERENCES "public"."webhook_endpoints"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_org_id_event_id_webhook_events_org_id_id_fk" FOREIGN KEY ("org_id","event_id") REFERENCES "public"."webhook_events"("org_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_health" ADD CONSTRAINT "webhook_health_org_id_endpoint_id_webhook_endpoints_org_id_id_fk" FOREIGN KEY ("org_id","endpoint_id") REFERENCES "public"."webhook_endpoints"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_secrets" ADD CONSTRAINT "webhook_secrets_org_id_endpoint_id_webhook_endpoints_org_id_id_fk" FOREIGN KEY ("org_id","endpoint_id") REFERENCES "public"."webhook_endpoints"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "notices_page" ON "notices" USING btree ("org_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "webhook_deliveries_page" ON "webhook_deliveries" USING btree ("org_id","endpoint_id","created_at","event_id");--> statement-breakpoint
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" USING btree ("next_attempt_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_deliveries_pending" ON "webhook_deliveries" USING btree ("org_id","endpoint_id","next_attempt_at") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "webhook_endpoints_page" ON "webhook_endpoints" USING btree ("org_id","created_at","id");
--> statement-breakpoint
select app.guard('webhook_endpoints'), app.guard('webhook_secrets');
--> statement-breakpoint
alter table webhook_endpoints
  add foreign key (org_id) references organizations (id),
  add constraint webhook_endpoints_scheme check (scheme in ('v1', 'v1a')),
  add constraint webhook_endpoints_status check (status in ('enabled', 'disabled', 'deleted')),
  add constraint webhook_endpoints_reason check (disabled_reason in ('operator', 'gone', 'failing'));
--> statement-breakpoint
create trigger frozen before update on webhook_endpoints for each row when (old.status = 'deleted') execute function app.keep_removed();
--> statement-breakpoint
create trigger mortal before update on webhook_secrets for each row
  when (old.signs_until is not null and (new.signs_until is null or new.signs_until > old.signs_until))
  execute function app.keep_end();
--> statement-breakpoint
-- What is told, to whom, and what people are told need an event; how a delivery fares is a by-product of it.
select app.fence('webhook_events'), app.fence('webhook_deliveries'), app.fence('webhook_health'), app.fence('notices');
--> statement-breakpoint
create trigger audited before insert on webhook_events for each row execute function app.require_event('tenant');
--> statement-breakpoint
create trigger audited before insert on webhook_deliveries for each row execute function app.require_event('tenant');
--> statement-breakpoint
create trigger audited before insert on webhook_health for each row execute function app.require_event('tenant');
--> statement-breakpoint
create trigger audited before insert on notices for each row execute function app.require_event('tenant');
--> statement-breakpoint
create trigger immutable before update on webhook_events for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete on notices for each statement execute function app.refuse();
--> statement-breakpoint
alter table webhook_deliveries
  add constraint webhook_deliveries_status check (status in ('pending', 'delivered', 'failed', 'cancelled')
    and (status = 'pending') = (next_attempt_at is not null) and attempts >= 0);
--> statement-breakpoint
grant select, insert on webhook_endpoints, webhook_secrets, webhook_events, webhook_deliveries, webhook_health, notices to armalo_app;
--> statement-breakpoint
grant update (url, description, event_types, status, disabled_reason, secret_version, revision, updated_at) on webhook_endpoints to armalo_app;
--> statement-breakpoint
grant update (signs_until) on webhook_secrets to armalo_app;
--> statement-breakpoint
grant update (status, attempts, scheduled_at, next_attempt_at, last_attempt_at, response_status, response_ms, failure) on webhook_deliveries to armalo_app;
--> statement-breakpoint
grant update (failing_since, alerted_percent, last_success_at, last_failure_at) on webhook_health to armalo_app;
--> statement-breakpoint

-- Queues what is told for every endpoint that hears it, and answers which do. A function, so that a session plans it once: to plan it anew for
-- each write cost more than to run it. Row security holds in it as it does for its caller.
create function app.queue_events(org text, told jsonb, hearing text[], at timestamptz) returns setof text
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if not exists (select from public.webhook_endpoints e
                  where e.org_id = org and e.status = 'enabled'
                    and e.event_types ?| array(select t ->> 'type' from jsonb_array_elements(told) t)) then
    return;
  end if;
  return query
    with said as (select * from jsonb_to_recordset(told) as t (id text, type text, payload text, "auditEventId" text)),
    heard as (
      select e.id as endpoint_id, s.id as event_id
        from public.webhook_endpoints e join public.organizations o on o.id = e.org_id join said s on e.event_types ? s.type
       where e.org_id = org and e.status = 'enabled' and o.plan = any (hearing)),
    kept as (
      insert into public.webhook_events (org_id, id, type, payload, audit_event_id, created_at)
      select org, s.id, s.type, s.payload, s."auditEventId", at from said s where s.id in (select event_id from heard)),
    queued as (
      insert into public.webhook_deliveries (org_id, endpoint_id, event_id, status, attempts, scheduled_at, next_attempt_at, created_at)
      select org, h.endpoint_id, h.event_id, 'pending', 0, at, at, at from heard h)
    select distinct h.endpoint_id from heard h;
end $$;
--> statement-breakpoint
revoke all on function app.queue_events(text, jsonb, text[], timestamptz) from public;
--> statement-breakpoint
-- The administrator's acts announce too.
grant execute on function app.queue_events(text, jsonb, text[], timestamptz) to armalo_app, armalo_admin;
--> statement-breakpoint
grant select (org_id, id, event_types, status) on webhook_endpoints to armalo_admin;
--> statement-breakpoint
grant insert on webhook_events, webhook_deliveries to armalo_admin;
--> statement-breakpoint
-- Endpoints with something due before `before`: what an object missed, the sweep finds here. Where there are more than `most`, by chance, because
-- receivers that hang are late all the time: in an order they would hide the rest for ever.
create function app.due_webhooks(before timestamptz, most integer) returns table (org_id text, endpoint_id text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select d.org_id, d.endpoint_id from public.webhook_deliveries d
   where d.status = 'pending' and d.next_attempt_at < before
   group by d.org_id, d.endpoint_id order by random() limit least(most, 500)
$$;
--> statement-breakpoint
-- Removes events that are older than 30 days and on no way any more, with their deliveries: a bounded number at a time.
create function app.purge_webhooks() returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  purged bigint;
begin
  delete from public.webhook_events where ctid in
    (select e.ctid from public.webhook_events e
      where e.created_at < now() - interval '30 days'
        and not exists (select from public.webhook_deliveries d
                         where d.org_id = e.org_id and d.event_id = e.id and d.status = 'pending')
      limit 5000);
  get diagnostics purged = row_count;
  return purged;
end $$;
--> statement-breakpoint
create index webhook_events_age on webhook_events (created_at);
--> statement-breakpoint
create index webhook_deliveries_event on webhook_deliveries (org_id, event_id);
--> statement-breakpoint
create policy system_due on webhook_deliveries for select to armalo_system using (true);
--> statement-breakpoint
create policy system_purge on webhook_events to armalo_system using (created_at < now() - interval '30 days') with check (false);
--> statement-breakpoint
create policy system_purge on webhook_deliveries for delete to armalo_system using (created_at < now() - interval '30 days');
--> statement-breakpoint
grant select (org_id, endpoint_id, event_id, status, next_attempt_at, created_at), delete on webhook_deliveries to armalo_system;
--> statement-breakpoint
grant select (org_id, id, created_at, ctid), delete on webhook_events to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.due_webhooks(timestamptz, integer) owner to armalo_system;
--> statement-breakpoint
alter function app.purge_webhooks() owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.due_webhooks(timestamptz, integer), app.purge_webhooks() from public;
--> statement-breakpoint
grant execute on function app.due_webhooks(timestamptz, integer), app.purge_webhooks() to armalo_app;
