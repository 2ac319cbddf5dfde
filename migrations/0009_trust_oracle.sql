CREATE UNIQUE INDEX "agents_public" ON "agents" USING btree ("id") WHERE is_public and archived_at is null;
--> statement-breakpoint

-- A public read of one agent: its organization is entered for this transaction, or there is no such agent. Private, archived and unknown
-- agents are one case from here on.
create function app.find_public_agent(agent text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select org_id from public.agents where id = agent and is_public and archived_at is null
$$;
--> statement-breakpoint
create function app.enter_public(agent text, request text) returns void language plpgsql as $$
declare
  org text := app.find_public_agent(agent);
begin
  if org is null then
    raise exception 'no such public agent' using errcode = 'AR404';
  end if;
  perform app.enter(org, 'public:agent', request);
end $$;
--> statement-breakpoint
create policy system_public on agents for select to armalo_system using (is_public and archived_at is null);
--> statement-breakpoint
grant select (org_id, id, is_public, archived_at) on agents to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.find_public_agent(text) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.find_public_agent(text), app.enter_public(text, text) from public;
--> statement-breakpoint
grant execute on function app.find_public_agent(text), app.enter_public(text, text) to armalo_app;
