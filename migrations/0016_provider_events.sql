CREATE TABLE "provider_events" (
	"org_id" text NOT NULL,
	"provider" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"subject" text,
	"outcome" text NOT NULL,
	"occurred_at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "provider_events_pkey" PRIMARY KEY("org_id","provider","event_id")
);
--> statement-breakpoint
CREATE INDEX "provider_events_subject" ON "provider_events" USING btree ("org_id","provider","subject","type");
--> statement-breakpoint
select app.guard('provider_events');
--> statement-breakpoint
alter table provider_events
  add foreign key (org_id) references organizations (id),
  add constraint provider_events_provider check (provider in ('clerk', 'whop', 'stripe', 'inngest')),
  add constraint provider_events_outcome check (outcome in ('handled', 'ignored', 'stale'));
--> statement-breakpoint
-- What was told is never untold: what is forgotten could be told again.
create trigger immutable before update or delete or truncate on provider_events for each statement execute function app.refuse();
--> statement-breakpoint
grant select, insert on provider_events to armalo_app;
--> statement-breakpoint

-- Where a person of the identity provider is a member, or was one whose personal data is still here: for their erasure everywhere.
create function app.known_as(external text, most integer) returns table (org_id text, id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.org_id, m.id from public.members m
   where m.external_id = external
     and (m.removed_at is null
          or exists (select from public.member_profiles p where p.org_id = m.org_id and p.member_id = m.id))
   order by m.org_id, m.id limit least(most, 500)
$$;
--> statement-breakpoint
create index members_by_any_external on members (external_id);
--> statement-breakpoint
create policy system_known on members for select to armalo_system using (removed_at is not null);
--> statement-breakpoint
create policy system_known on member_profiles for select to armalo_system using (true);
--> statement-breakpoint
grant select (org_id, member_id) on member_profiles to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.known_as(text, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.known_as(text, integer) from public;
--> statement-breakpoint
grant execute on function app.known_as(text, integer) to armalo_app;
