CREATE TABLE "subscriptions" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"provider" text NOT NULL,
	"external_id" text NOT NULL,
	"plan" text NOT NULL,
	"plan_told_at" timestamp (3) with time zone,
	"live_at" timestamp (3) with time zone,
	"ended_at" timestamp (3) with time zone,
	"paid_at" timestamp (3) with time zone,
	"failed_at" timestamp (3) with time zone,
	"failing_since" timestamp (3) with time zone,
	"status" text NOT NULL,
	"grace_until" timestamp (3) with time zone,
	"legacy" boolean NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "subscriptions_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "subscriptions_external" UNIQUE("provider","external_id")
);
--> statement-breakpoint
-- What earlier migrations wrote has been looked at by its deferred triggers: a table with such triggers waiting cannot be altered.
set constraints all immediate;
--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "granted_plan" text DEFAULT 'free' NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "plan_since" timestamp (3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "plan_revision" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX "subscriptions_lapsing" ON "subscriptions" USING btree ("grace_until") WHERE status = 'grace';
--> statement-breakpoint
-- The plans that there are were all granted by the administrator. A change of type rewrites the table past row security and triggers, which no update may.
alter table organizations
  alter column granted_plan type text using plan,
  alter column plan_since type timestamp (3) with time zone using created_at;
--> statement-breakpoint
alter table organizations
  add constraint organizations_plans check (plan in ('free', 'pro', 'enterprise') and granted_plan in ('free', 'pro', 'enterprise'));
--> statement-breakpoint
select app.guard('subscriptions');
--> statement-breakpoint
alter table subscriptions
  add foreign key (org_id) references organizations (id),
  add constraint subscriptions_provider check (provider in ('whop', 'stripe') and legacy = (provider = 'stripe')),
  add constraint subscriptions_plan check (plan in ('pro', 'enterprise')),
  add constraint subscriptions_status check (status in ('active', 'grace', 'ended') and (status = 'grace') <= (grace_until is not null));
--> statement-breakpoint
grant select, insert on subscriptions to armalo_app, armalo_admin;
--> statement-breakpoint
-- Whose a subscription is, and with whom, stays.
grant update (plan, plan_told_at, live_at, ended_at, paid_at, failed_at, failing_since, status, grace_until, updated_at) on subscriptions to armalo_app;
--> statement-breakpoint
grant update (plan_since, plan_revision) on organizations to armalo_app;
--> statement-breakpoint
grant update (granted_plan, plan_since, plan_revision) on organizations to armalo_admin;
--> statement-breakpoint

-- Organizations with a subscription whose grace is over: what they may now, the Worker decides when it has entered each.
create function app.lapsed_subscriptions(before timestamptz, most integer) returns table (org_id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.org_id from public.subscriptions s
   where s.status = 'grace' and s.grace_until <= before
   group by s.org_id order by min(s.grace_until) limit least(most, 500)
$$;
--> statement-breakpoint
create policy system_lapsed on subscriptions for select to armalo_system using (status = 'grace');
--> statement-breakpoint
grant select (org_id, status, grace_until) on subscriptions to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.lapsed_subscriptions(timestamptz, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.lapsed_subscriptions(timestamptz, integer) from public;
--> statement-breakpoint
grant execute on function app.lapsed_subscriptions(timestamptz, integer) to armalo_app;
