CREATE TABLE "score_upkeep" (
	"org_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"due_at" timestamp (3) with time zone,
	CONSTRAINT "score_upkeep_org_id_agent_id_pk" PRIMARY KEY("org_id","agent_id")
);
--> statement-breakpoint
ALTER TABLE "score_upkeep" ADD CONSTRAINT "score_upkeep_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "score_upkeep_due" ON "score_upkeep" USING btree ("org_id","due_at","agent_id");
--> statement-breakpoint

-- When an agent's score is looked at again. Like the log's checkpoints it is written beside the events: a look that finds nothing new
-- leaves none. Every agent has its row from the beginning, and a new version of it is looked at at once.
create function app.watch_score() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into public.score_upkeep (org_id, agent_id) values (new.org_id, new.id);
  else
    update public.score_upkeep
       set revision = revision + 1, due_at = case when due_at is not null then least(due_at, now()) end
     where org_id = new.org_id and agent_id = new.id;
  end if;
  return null;
end $$;
--> statement-breakpoint
create trigger watched after insert on agents for each row execute function app.watch_score();
--> statement-breakpoint
create trigger watched_version after update on agents for each row
  when (new.version_number is distinct from old.version_number) execute function app.watch_score();
--> statement-breakpoint
-- Agents that were there before: those with a score are looked at as soon as may be. The owner is bound by forced row security too.
alter table agents no force row level security;
--> statement-breakpoint
alter table scores no force row level security;
--> statement-breakpoint
insert into score_upkeep (org_id, agent_id, due_at)
  select a.org_id, a.id, (select now() from scores s where s.org_id = a.org_id and s.agent_id = a.id limit 1) from agents a;
--> statement-breakpoint
alter table agents force row level security;
--> statement-breakpoint
alter table scores force row level security;
--> statement-breakpoint
select app.fence('score_upkeep');
--> statement-breakpoint
create trigger matched_update after update on score_upkeep referencing new table as changed
  for each statement execute function app.require_match();
--> statement-breakpoint
grant select, insert, update (revision, due_at) on score_upkeep to armalo_app;
--> statement-breakpoint

-- Agents whose scores are due: of each organization its `most_of_each` that have waited longest, and of all these the first of each
-- before the second of any. So no organization, however many agents it has, keeps the others waiting.
create function app.due_scores(before timestamptz, most integer, most_of_each integer) returns table (org_id text, agent_id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select o.id, due.agent_id
    from public.organizations o
   cross join lateral (
     select u.agent_id, u.due_at, row_number() over (order by u.due_at, u.agent_id) as place
       from public.score_upkeep u where u.org_id = o.id and u.due_at <= before
      order by u.due_at, u.agent_id limit least(most_of_each, 100)) due
   order by due.place, due.due_at limit least(most, 500)
$$;
--> statement-breakpoint
create policy system_due on score_upkeep for select to armalo_system using (due_at is not null);
--> statement-breakpoint
grant select (org_id, agent_id, due_at) on score_upkeep to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.due_scores(timestamptz, integer, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.due_scores(timestamptz, integer, integer), app.watch_score() from public;
--> statement-breakpoint
grant execute on function app.due_scores(timestamptz, integer, integer) to armalo_app;
