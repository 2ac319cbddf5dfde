CREATE TABLE "ratings" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"receipt_org_id" text NOT NULL,
	"receipt_id" text NOT NULL,
	"receipt_digest" text NOT NULL,
	"agent_id" text DEFAULT '' NOT NULL,
	"value" double precision NOT NULL,
	"rated_by" text NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "ratings_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "ratings_receipt" UNIQUE("receipt_org_id","receipt_id")
);
--> statement-breakpoint
CREATE TABLE "receipt_ratings" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"receipt_id" text DEFAULT '' NOT NULL,
	"agent_id" text DEFAULT '' NOT NULL,
	"rater_org_id" text DEFAULT '' NOT NULL,
	"rater_group" text DEFAULT '' NOT NULL,
	"value" double precision DEFAULT 0 NOT NULL,
	"rated_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"noted_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "receipt_ratings_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "receipt_ratings_receipt" UNIQUE("org_id","receipt_id")
);
--> statement-breakpoint
ALTER TABLE "organizations" ADD COLUMN "owner_group" text;--> statement-breakpoint
ALTER TABLE "receipt_ratings" ADD CONSTRAINT "receipt_ratings_org_id_receipt_id_receipts_org_id_id_fk" FOREIGN KEY ("org_id","receipt_id") REFERENCES "public"."receipts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "receipt_ratings" ADD CONSTRAINT "receipt_ratings_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "ratings_page" ON "ratings" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "ratings_recent" ON "ratings" USING btree ("created_at");
--> statement-breakpoint

-- What two organizations share is two rows: the rating is the counterparty's, its copy the rated organization's, and neither writes the other's.
select app.guard('ratings'), app.guard('receipt_ratings');
--> statement-breakpoint
alter table ratings
  add foreign key (org_id) references organizations (id),
  add constraint ratings_two_sides check (org_id <> receipt_org_id),
  add constraint ratings_value check (value between 0 and 1);
--> statement-breakpoint
create trigger immutable before update or delete or truncate on ratings for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete or truncate on receipt_ratings for each statement execute function app.refuse();
--> statement-breakpoint
grant select, insert on ratings, receipt_ratings to armalo_app;
--> statement-breakpoint
alter table organizations
  add constraint organizations_owner foreign key (owner_group) references organizations (id),
  add constraint organizations_own check (owner_group <> id);
--> statement-breakpoint
grant update (owner_group) on organizations to armalo_admin;
--> statement-breakpoint

create policy system_rate on receipts for select to armalo_system using (mode = 'production' and effect = 'confirmed');
--> statement-breakpoint
create policy system_note on ratings for select to armalo_system using (true);
--> statement-breakpoint
create policy system_note on receipt_ratings for select to armalo_system using (true);
--> statement-breakpoint
grant select (org_id, id, agent_id, mode, effect, digest, statement) on receipts to armalo_system;
--> statement-breakpoint
grant select on ratings to armalo_system;
--> statement-breakpoint
grant select (org_id, id) on receipt_ratings to armalo_system;
--> statement-breakpoint

-- Organizations of one owner are one counterparty, named by the one that all of them were linked to, over however many steps: itself, unless
-- the administrator linked it to another. Null where there is no such organization.
create function app.owner_group(org text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  with recursive owned (id, linked, steps) as (
    select o.id, o.owner_group, 0 from public.organizations o where o.id = org
    union all
    select o.id, o.owner_group, steps + 1 from owned join public.organizations o on o.id = owned.linked where steps < 50)
  select id from owned order by steps desc limit 1
$$;
--> statement-breakpoint
-- A rating is of a receipt that stands under that digest, of an effect that was confirmed in production, and that names the rater as the
-- counterparty in what was signed; nobody rates himself, and no test organization a live one.
create function app.take_receipt() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  found_receipt record;
  body text;
begin
  select r.agent_id, r.statement into found_receipt from public.receipts r
   where r.org_id = new.receipt_org_id and r.id = new.receipt_id and r.digest = new.receipt_digest
     and r.mode = 'production' and r.effect = 'confirmed';
  if not found then
    raise exception 'no such receipt' using errcode = 'AR404';
  end if;
  body := translate(split_part(found_receipt.statement, '.', 2), '-_', '+/');
  body := body || repeat('=', (4 - length(body) % 4) % 4);
  if convert_from(decode(body, 'base64'), 'utf8')::jsonb #>> '{predicate,counterparty}' is distinct from new.org_id
     or app.owner_group(new.receipt_org_id) = app.owner_group(new.org_id)
     or (select environment from public.organizations where id = new.receipt_org_id)
        <> (select environment from public.organizations where id = new.org_id) then
    raise exception 'not the counterparty' using errcode = 'AR409';
  end if;
  new.agent_id := found_receipt.agent_id;
  return new;
end $$;
--> statement-breakpoint
create trigger stamped before insert on ratings for each row execute function app.stamp_event();
--> statement-breakpoint
create trigger taken before insert on ratings for each row execute function app.take_receipt();
--> statement-breakpoint

-- A rating that the organization that was entered received.
create function app.received_rating(rating text)
returns table (receipt_id text, agent_id text, rater_org_id text, rater_group text, value double precision, rated_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select r.receipt_id, r.agent_id, r.org_id, app.owner_group(r.org_id), r.value, r.created_at
    from public.ratings r where r.id = rating and r.receipt_org_id = app.org()
$$;
--> statement-breakpoint
create function app.take_rating() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  select r.receipt_id, r.agent_id, r.rater_org_id, r.rater_group, r.value, r.rated_at
    into new.receipt_id, new.agent_id, new.rater_org_id, new.rater_group, new.value, new.rated_at
    from app.received_rating(new.id) r where new.org_id = app.org();
  if not found then
    raise exception 'no such rating' using errcode = 'AR404';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger taken before insert on receipt_ratings for each row execute function app.take_rating();
--> statement-breakpoint
-- Ratings from before `before` that their receivers' own logs have not noted, at most 30 days old. In no order: one that cannot be noted
-- must not be all that is ever seen.
create function app.unnoted_ratings(before timestamptz, most integer) returns table (org_id text, id text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select r.receipt_org_id, r.id from public.ratings r
   where r.created_at < before and r.created_at > before - interval '30 days'
     and not exists (select from public.receipt_ratings n where n.org_id = r.receipt_org_id and n.id = r.id)
   order by random() limit least(most, 500)
$$;
--> statement-breakpoint

-- What a run was, a receipt or a rating: each piece of evidence has its source.
alter table evidence
  drop constraint evidence_source,
  add column rating_id text generated always as (case when run_id like 'rtg\_%' then run_id end) stored,
  add constraint evidence_source check (num_nonnulls(eval_run_id, receipt_id, rating_id) = 1),
  add foreign key (org_id, rating_id) references receipt_ratings (org_id, id);
--> statement-breakpoint

-- What says something of an agent: an effect that the enforcement point itself saw confirmed, in production, and the agent's own faults there.
-- What an operator settled is a report.
alter table invocations
  add column counts boolean generated always as (mode = 'production' and settled_by is null and (status = 'executed'
    or (status = 'denied' and (reasons @> '["pact_violated"]'::jsonb or reasons @> '["invalid_arguments"]'::jsonb)))) stored,
  add constraint invocations_counted check (counted_at is null or counts);
--> statement-breakpoint
create index invocations_uncounted on invocations (org_id, agent_id, created_at, id) where counts and counted_at is null;
--> statement-breakpoint
create policy system_count on invocations for select to armalo_system using (counts and counted_at is null);
--> statement-breakpoint
grant select (org_id, agent_id, counts, counted_at) on invocations to armalo_system;
--> statement-breakpoint
-- Agents with effects that are no evidence yet: at most so many of each organization. In no order, as above.
create function app.uncounted_effects(most integer, most_of_each integer) returns table (org_id text, agent_id text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select o.id, due.agent_id
    from public.organizations o
   cross join lateral (
     select of_org.agent_id from (select distinct i.agent_id from public.invocations i
       where i.org_id = o.id and i.counts and i.counted_at is null) of_org
      order by random() limit least(most_of_each, 100)) due
   order by random() limit least(most, 500)
$$;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.owner_group(text) owner to armalo_system;
--> statement-breakpoint
alter function app.take_receipt() owner to armalo_system;
--> statement-breakpoint
alter function app.received_rating(text) owner to armalo_system;
--> statement-breakpoint
alter function app.take_rating() owner to armalo_system;
--> statement-breakpoint
alter function app.unnoted_ratings(timestamptz, integer) owner to armalo_system;
--> statement-breakpoint
alter function app.uncounted_effects(integer, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.owner_group(text), app.take_receipt(), app.received_rating(text), app.take_rating(),
  app.unnoted_ratings(timestamptz, integer), app.uncounted_effects(integer, integer) from public;
--> statement-breakpoint
grant execute on function app.owner_group(text), app.received_rating(text), app.unnoted_ratings(timestamptz, integer),
  app.uncounted_effects(integer, integer) to armalo_app;
--> statement-breakpoint
grant execute on function app.owner_group(text) to armalo_admin;
--> statement-breakpoint
CREATE INDEX "invocations_simulated" ON "invocations" USING btree ("org_id","grant_id","created_at","id") WHERE status = 'simulated';--> statement-breakpoint
CREATE INDEX "invocations_reviewed" ON "invocations" USING btree ("org_id","grant_id") WHERE review_verdict is not null;
