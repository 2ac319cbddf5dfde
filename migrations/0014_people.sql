CREATE TABLE "member_profiles" (
	"org_id" text NOT NULL,
	"member_id" text NOT NULL,
	"salt" text NOT NULL,
	"email" text NOT NULL,
	"name" text,
	"provider_updated_at" timestamp (3) with time zone,
	"removed_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "member_profiles_org_id_member_id_pk" PRIMARY KEY("org_id","member_id")
);
--> statement-breakpoint
CREATE TABLE "members" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"role" text NOT NULL,
	"status" text NOT NULL,
	"external_id" text,
	"provider_updated_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"joined_at" timestamp (3) with time zone,
	"removed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "members_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "provider_links" (
	"org_id" text NOT NULL,
	"provider" text NOT NULL,
	"external_id" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "provider_links_org_id_provider_external_id_pk" PRIMARY KEY("org_id","provider","external_id"),
	CONSTRAINT "provider_links_external" UNIQUE("provider","external_id")
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"member_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"consumed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sign_in_links_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "member_profiles" ADD CONSTRAINT "member_profiles_org_id_member_id_members_org_id_id_fk" FOREIGN KEY ("org_id","member_id") REFERENCES "public"."members"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_links" ADD CONSTRAINT "sign_in_links_org_id_member_id_members_org_id_id_fk" FOREIGN KEY ("org_id","member_id") REFERENCES "public"."members"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "member_profiles_email" ON "member_profiles" USING btree ("org_id","email") WHERE removed_at is null;--> statement-breakpoint
CREATE UNIQUE INDEX "members_external" ON "members" USING btree ("org_id","external_id") WHERE removed_at is null;--> statement-breakpoint
CREATE INDEX "members_page" ON "members" USING btree ("org_id","created_at","id");
--> statement-breakpoint
select app.guard('members'), app.guard('member_profiles'), app.guard('sign_in_links'), app.guard('provider_links');
--> statement-breakpoint
alter table members
  add foreign key (org_id) references organizations (id),
  add constraint members_role check (role in ('viewer', 'operator', 'admin', 'owner')),
  add constraint members_status check (status in ('invited', 'active', 'removed') and (status = 'removed') = (removed_at is not null));
--> statement-breakpoint
alter table provider_links
  add foreign key (org_id) references organizations (id),
  add constraint provider_links_provider check (provider in ('clerk', 'whop', 'stripe', 'inngest'));
--> statement-breakpoint
-- Who was removed stays so: whoever comes back is somebody new. A link that was used is used up.
create function app.keep_removed() returns trigger language plpgsql as $$
begin
  raise exception 'what has ended stays so' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger frozen before update on members for each row when (old.status = 'removed') execute function app.keep_removed();
--> statement-breakpoint
create trigger frozen before update on sign_in_links for each row when (old.consumed_at is not null) execute function app.keep_removed();
--> statement-breakpoint
create trigger immutable before update or delete or truncate on provider_links for each statement execute function app.refuse();
--> statement-breakpoint
revoke all on function app.keep_removed() from public;
--> statement-breakpoint
grant select, insert on members, member_profiles, provider_links to armalo_app, armalo_admin;
--> statement-breakpoint
grant update (role, status, external_id, provider_updated_at, revision, joined_at, removed_at, updated_at) on members to armalo_app;
--> statement-breakpoint
grant update (salt, email, name, provider_updated_at, removed_at, updated_at), delete on member_profiles to armalo_app;
--> statement-breakpoint
grant select, update (consumed_at) on sign_in_links to armalo_app;
--> statement-breakpoint
grant select, insert on sign_in_links to armalo_admin;
--> statement-breakpoint
-- Where an identity provider tells of a new organization, the Worker makes it; what it sells changes the plan. Row security holds: the row is
-- that of the organization entered, live or test and the id stay, and the data key is changed by the administrator alone.
grant insert, update (name, plan) on organizations to armalo_app;
--> statement-breakpoint

-- A provider's name for an organization or a person leads to ids, and the work then enters the organization.
create function app.linked_org(provider_name text, external text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select org_id from public.provider_links where provider = provider_name and external_id = external
$$;
--> statement-breakpoint
create function app.memberships(external text) returns table (org_id text, id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select m.org_id, m.id from public.members m where m.external_id = external and m.removed_at is null order by m.org_id limit 500
$$;
--> statement-breakpoint
create index members_by_external on members (external_id) where removed_at is null;
--> statement-breakpoint
create policy system_link on provider_links for select to armalo_system using (true);
--> statement-breakpoint
create policy system_membership on members for select to armalo_system using (removed_at is null);
--> statement-breakpoint
grant select on provider_links to armalo_system;
--> statement-breakpoint
grant select (org_id, id, external_id, removed_at) on members to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.linked_org(text, text) owner to armalo_system;
--> statement-breakpoint
alter function app.memberships(text) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.linked_org(text, text), app.memberships(text) from public;
--> statement-breakpoint
grant execute on function app.linked_org(text, text), app.memberships(text) to armalo_app;
