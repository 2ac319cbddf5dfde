CREATE TABLE "pact_cosignatures" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"environment" text DEFAULT 'test' NOT NULL,
	"token_hash" text NOT NULL,
	"offer_id" text DEFAULT '' NOT NULL,
	"promisor_org_id" text DEFAULT '' NOT NULL,
	"promisor_environment" text DEFAULT 'test' NOT NULL,
	"pact_id" text DEFAULT '' NOT NULL,
	"lineage_id" text DEFAULT '' NOT NULL,
	"version" integer DEFAULT 0 NOT NULL,
	"pact_digest" text NOT NULL,
	"terms" jsonb NOT NULL,
	"statement" text NOT NULL,
	"dsse_signature" text NOT NULL,
	"digest" text NOT NULL,
	"kid" text NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"signed_by" text NOT NULL,
	"signed_at" timestamp (3) with time zone NOT NULL,
	"withdrawn_at" timestamp (3) with time zone,
	"withdrawn_reason" text,
	"revision" integer NOT NULL,
	CONSTRAINT "pact_cosignatures_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "pact_cosignatures_offer" UNIQUE("offer_id")
);
--> statement-breakpoint
CREATE TABLE "pact_offers" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"pact_id" text NOT NULL,
	"counterparty_org_id" text,
	"token_hash" text NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"withdrawn_at" timestamp (3) with time zone,
	"signing_noted_at" timestamp (3) with time zone,
	"withdrawal_noted_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "pact_offers_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "pact_offers_token" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "pact_offers" ADD CONSTRAINT "pact_offers_org_id_pact_id_pacts_org_id_id_fk" FOREIGN KEY ("org_id","pact_id") REFERENCES "public"."pacts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "pact_cosignatures_standing" ON "pact_cosignatures" USING btree ("org_id","promisor_org_id","pact_id") WHERE withdrawn_at is null;--> statement-breakpoint
CREATE INDEX "pact_cosignatures_promisor" ON "pact_cosignatures" USING btree ("promisor_org_id","pact_id");--> statement-breakpoint
CREATE INDEX "pact_cosignatures_page" ON "pact_cosignatures" USING btree ("org_id","signed_at","id");--> statement-breakpoint
CREATE INDEX "pact_cosignatures_events" ON "pact_cosignatures" USING btree ("org_id","event_seq");--> statement-breakpoint
CREATE INDEX "pact_offers_page" ON "pact_offers" USING btree ("org_id","created_at","id");
--> statement-breakpoint

-- What two organizations share is two rows: the offer is the promisor's, the co-signature the signer's, and neither can write the other's.
select app.guard('pact_offers'), app.guard('pact_cosignatures');
--> statement-breakpoint
alter table pact_cosignatures
  add foreign key (org_id) references organizations (id),
  add constraint pact_cosignatures_two_sides check (org_id <> promisor_org_id),
  add constraint pact_cosignatures_withdrawal check ((withdrawn_at is null) = (withdrawn_reason is null));
--> statement-breakpoint
create trigger immutable before delete or truncate on pact_cosignatures for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before delete or truncate on pact_offers for each statement execute function app.refuse();
--> statement-breakpoint
-- What was withdrawn, or noted in the log, stays so.
create function app.keep_ending() returns trigger language plpgsql as $$
begin
  raise exception 'what has ended stays ended' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger ended before update on pact_cosignatures for each row
  when (old.withdrawn_at is not null) execute function app.keep_ending();
--> statement-breakpoint
create trigger ended before update on pact_offers for each row
  when ((old.withdrawn_at is not null and new.withdrawn_at is distinct from old.withdrawn_at)
        or (old.signing_noted_at is not null and new.signing_noted_at is distinct from old.signing_noted_at)
        or (old.withdrawal_noted_at is not null and new.withdrawal_noted_at is distinct from old.withdrawal_noted_at))
  execute function app.keep_ending();
--> statement-breakpoint
grant select, insert on pact_offers, pact_cosignatures to armalo_app;
--> statement-breakpoint
grant update (withdrawn_at, signing_noted_at, withdrawal_noted_at, revision) on pact_offers to armalo_app;
--> statement-breakpoint
grant update (withdrawn_at, withdrawn_reason, revision) on pact_cosignatures to armalo_app;
--> statement-breakpoint

-- What armalo_system may see of the two sides. To lock a row it needs UPDATE as well; `with check (false)` lets no change through.
create policy system_cosign on pact_offers for select to armalo_system using (true);
--> statement-breakpoint
create policy system_lock on pact_offers for update to armalo_system using (true) with check (false);
--> statement-breakpoint
create policy system_cosign on pact_cosignatures for select to armalo_system using (true);
--> statement-breakpoint
create policy system_cosign on pacts for select to armalo_system using (state <> 'draft');
--> statement-breakpoint
create policy system_lock on pacts for update to armalo_system using (state <> 'draft') with check (false);
--> statement-breakpoint
grant select (org_id, id, pact_id, counterparty_org_id, token_hash, expires_at, withdrawn_at, signing_noted_at, withdrawal_noted_at),
  update (revision) on pact_offers to armalo_system;
--> statement-breakpoint
grant select on pact_cosignatures to armalo_system;
--> statement-breakpoint
grant select (org_id, id, lineage_id, version, digest, state), update (revision) on pacts to armalo_system;
--> statement-breakpoint

-- A co-signature takes an offer that stands, of a pact that is active, under the digest that it names: both rows stay locked until the
-- signature is committed, so that whatever ends them comes before it, and it fails, or after. The other side's facts are set here.
create function app.take_offer() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  offer record;
  pact record;
begin
  select o.org_id, o.id, o.pact_id, o.counterparty_org_id, o.expires_at, o.withdrawn_at into offer
    from public.pact_offers o where o.token_hash = new.token_hash for share;
  if not found or offer.withdrawn_at is not null or offer.expires_at <= clock_timestamp()
     or offer.org_id = new.org_id or coalesce(offer.counterparty_org_id, new.org_id) <> new.org_id then
    raise exception 'no such offer' using errcode = 'AR404';
  end if;
  select p.lineage_id, p.version, p.digest, p.state into pact
    from public.pacts p where p.org_id = offer.org_id and p.id = offer.pact_id for share;
  if not found or pact.state <> 'active' or pact.digest is distinct from new.pact_digest then
    raise exception 'another digest than the active one' using errcode = 'AR409';
  end if;
  new.promisor_org_id := offer.org_id;
  new.offer_id := offer.id;
  new.pact_id := offer.pact_id;
  new.lineage_id := pact.lineage_id;
  new.version := pact.version;
  select environment into new.promisor_environment from public.organizations where id = offer.org_id;
  select environment into new.environment from public.organizations where id = new.org_id;
  return new;
end $$;
--> statement-breakpoint
create trigger offered before insert on pact_cosignatures for each row execute function app.take_offer();
--> statement-breakpoint
create trigger stamped before insert on pact_cosignatures for each row execute function app.stamp_event();
--> statement-breakpoint

-- Whose offer a token opens to a reader: the promisor itself, or who may take it or has. Anyone else's is not found.
create function app.find_offer(hash text, reader text, out org text, out offer text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select o.org_id, o.id from public.pact_offers o
   where o.token_hash = hash and o.expires_at > now() and o.withdrawn_at is null
     and (o.org_id = reader or (coalesce(o.counterparty_org_id, reader) = reader
          and not exists (select from public.pact_cosignatures c where c.offer_id = o.id and c.org_id <> reader)))
$$;
--> statement-breakpoint
create function app.enter_offer(hash text, reader text, request text) returns void language plpgsql as $$
declare
  found_offer record;
begin
  select * into found_offer from app.find_offer(hash, reader);
  if found_offer.org is null then
    raise exception 'no such offer' using errcode = 'AR404';
  end if;
  perform app.enter(found_offer.org, 'public:offer', request), set_config('app.offer', found_offer.offer, true);
end $$;
--> statement-breakpoint
-- The co-signature of an offer of the organization that was entered: the signer's credential and its own copy of the terms left out.
create function app.received_cosignature(offer text) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select to_jsonb(c) - '{token_hash,terms,signed_by,event_seq,revision}'::text[]
    from public.pact_cosignatures c where c.promisor_org_id = app.org() and c.offer_id = offer
$$;
--> statement-breakpoint
-- Who has co-signed a pact of the organization that was entered, by the digest of each statement: what its own attestation may carry.
create function app.cosigners(pact text) returns table (org_id text, environment text, id text, digest text, signed_at timestamptz, withdrawn_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.org_id, c.environment, c.id, c.digest, c.signed_at, c.withdrawn_at
    from public.pact_cosignatures c where c.promisor_org_id = app.org() and c.pact_id = pact
$$;
--> statement-breakpoint
-- How the pact stands now that a co-signature of the organization that was entered names.
create function app.cosigned_pact_state(cosignature text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select p.state from public.pact_cosignatures c join public.pacts p on p.org_id = c.promisor_org_id and p.id = c.pact_id
   where c.org_id = app.org() and c.id = cosignature
$$;
--> statement-breakpoint
-- For the promisor's proof to others: enters the signer's organization for the co-signature of one of the promisor's offers.
create function app.find_received(promisor text, offer text, out org text, out cosignature text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select c.org_id, c.id from public.pact_cosignatures c where c.promisor_org_id = promisor and c.offer_id = offer
$$;
--> statement-breakpoint
create function app.enter_received(promisor text, offer text, request text) returns void language plpgsql as $$
declare
  received record;
begin
  select * into received from app.find_received(promisor, offer);
  if received.org is null then
    raise exception 'no such co-signature' using errcode = 'AR404';
  end if;
  perform app.enter(received.org, 'public:cosignature', request), set_config('app.cosignature', received.cosignature, true);
end $$;
--> statement-breakpoint
-- Withdrawn co-signatures for an organization's public revocation list, beside app.status_list.
create function app.withdrawn_cosignatures(org text) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'at', c.withdrawn_at, 'reason', c.withdrawn_reason) order by c.id), '[]'::jsonb)
    from public.pact_cosignatures c where c.org_id = org and c.withdrawn_at is not null
$$;
--> statement-breakpoint
-- Offers whose co-signature from before `before`, or its withdrawal, the promisor's own log has not noted. In no order: one that cannot be
-- noted must not be all that is ever seen.
create function app.unnoted_offers(before timestamptz, most integer) returns table (org_id text, id text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select o.org_id, o.id from public.pact_offers o join public.pact_cosignatures c on c.offer_id = o.id
   where (o.signing_noted_at is null and c.signed_at < before) or (o.withdrawal_noted_at is null and c.withdrawn_at < before)
   order by random() limit least(most, 500)
$$;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.take_offer() owner to armalo_system;
--> statement-breakpoint
alter function app.find_offer(text, text) owner to armalo_system;
--> statement-breakpoint
alter function app.received_cosignature(text) owner to armalo_system;
--> statement-breakpoint
alter function app.cosigned_pact_state(text) owner to armalo_system;
--> statement-breakpoint
alter function app.cosigners(text) owner to armalo_system;
--> statement-breakpoint
alter function app.find_received(text, text) owner to armalo_system;
--> statement-breakpoint
alter function app.withdrawn_cosignatures(text) owner to armalo_system;
--> statement-breakpoint
alter function app.unnoted_offers(timestamptz, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.keep_ending(), app.take_offer(), app.find_offer(text, text), app.enter_offer(text, text, text),
  app.received_cosignature(text), app.cosigned_pact_state(text), app.find_received(text, text), app.enter_received(text, text, text),
  app.cosigners(text), app.withdrawn_cosignatures(text), app.unnoted_offers(timestamptz, integer) from public;
--> statement-breakpoint
grant execute on function app.find_offer(text, text), app.enter_offer(text, text, text), app.received_cosignature(text),
  app.cosigned_pact_state(text), app.find_received(text, text), app.enter_received(text, text, text), app.withdrawn_cosignatures(text),
  app.cosigners(text), app.unnoted_offers(timestamptz, integer) to armalo_app;
