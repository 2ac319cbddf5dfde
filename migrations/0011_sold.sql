CREATE TABLE "sold_panels" (
	"org_id" text NOT NULL,
	"panel_id" text NOT NULL,
	"panel_digest" text NOT NULL,
	"offered_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "sold_panels_org_id_panel_id_pk" PRIMARY KEY("org_id","panel_id")
);
--> statement-breakpoint
ALTER TABLE "sold_panels" ADD CONSTRAINT "sold_panels_org_id_panel_id_judge_panels_org_id_id_fk" FOREIGN KEY ("org_id","panel_id") REFERENCES "public"."judge_panels"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "sold_panels_panel" ON "sold_panels" USING btree ("panel_id");--> statement-breakpoint
CREATE UNIQUE INDEX "pacts_active" ON "pacts" USING btree ("id") WHERE state = 'active';
--> statement-breakpoint

select app.guard('sold_panels');
--> statement-breakpoint
-- Only the installation's administrator offers a panel, and withdraws it: whoever pays spends the calls of the panel's organization.
grant select, insert, update (panel_digest, offered_at), delete on sold_panels to armalo_admin;
--> statement-breakpoint
-- Not the judges' keys, sealed though they are.
grant select (org_id, id, name, version, digest, judges, retired_at) on judge_panels to armalo_admin;
--> statement-breakpoint

-- What callers without an account may enter, each for one transaction: the organization of an active pact of a public agent, or of a panel
-- that is for sale as it is now. What is private, archived, over, changed or unknown is one case from here on.
create function app.find_public_pact(pact text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.org_id from public.pacts p join public.agents a on a.org_id = p.org_id and a.id = p.agent_id
   where p.id = pact and p.state = 'active' and a.is_public and a.archived_at is null
$$;
--> statement-breakpoint
create function app.find_sold_panel(panel text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select s.org_id from public.sold_panels s join public.judge_panels p on p.org_id = s.org_id and p.id = s.panel_id
   where s.panel_id = panel and p.digest = s.panel_digest and p.retired_at is null
$$;
--> statement-breakpoint
create function app.enter_public_pact(pact text, request text) returns void language plpgsql as $$
declare
  org text := app.find_public_pact(pact);
begin
  if org is null then
    raise exception 'no such public pact' using errcode = 'AR404';
  end if;
  perform app.enter(org, 'public:pact', request);
end $$;
--> statement-breakpoint
create function app.enter_sold_panel(panel text, request text) returns void language plpgsql as $$
declare
  org text := app.find_sold_panel(panel);
begin
  if org is null then
    raise exception 'no such panel for sale' using errcode = 'AR404';
  end if;
  perform app.enter(org, 'public:panel', request);
end $$;
--> statement-breakpoint
-- The organization of a public agent; of one that is not public the asker's own, where it finds the agent if it is its own.
create function app.enter_public_or_own(agent text, own text, request text) returns void language plpgsql as $$
begin
  perform app.enter(coalesce(app.find_public_agent(agent), own), 'public:agent', request);
end $$;
--> statement-breakpoint
-- For the administrator, who names a panel alone.
create function app.organization_of_panel(panel text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select org_id from public.judge_panels where id = panel
$$;
--> statement-breakpoint
create policy system_sale on sold_panels for select to armalo_system using (true);
--> statement-breakpoint
create policy system_sale on judge_panels for select to armalo_system using (true);
--> statement-breakpoint
grant select (org_id, panel_id, panel_digest) on sold_panels to armalo_system;
--> statement-breakpoint
grant select (org_id, id, digest, retired_at) on judge_panels to armalo_system;
--> statement-breakpoint
-- That of a pact which is no draft it sees already (0005).
grant select (agent_id) on pacts to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.find_public_pact(text) owner to armalo_system;
--> statement-breakpoint
alter function app.find_sold_panel(text) owner to armalo_system;
--> statement-breakpoint
alter function app.organization_of_panel(text) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.find_public_pact(text), app.find_sold_panel(text), app.organization_of_panel(text), app.enter_public_pact(text, text),
  app.enter_sold_panel(text, text), app.enter_public_or_own(text, text, text) from public;
--> statement-breakpoint
grant execute on function app.find_public_pact(text), app.find_sold_panel(text), app.enter_public_pact(text, text),
  app.enter_sold_panel(text, text), app.enter_public_or_own(text, text, text) to armalo_app;
--> statement-breakpoint
grant execute on function app.organization_of_panel(text) to armalo_admin;
