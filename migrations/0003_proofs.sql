CREATE TABLE "agent_keys" (
	"org_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"kid" text NOT NULL,
	"x" text NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "agent_keys_org_id_agent_id_kid_pk" PRIMARY KEY("org_id","agent_id","kid")
);
--> statement-breakpoint
CREATE TABLE "attestation_shares" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"attestation_id" text NOT NULL,
	"token_hash" text NOT NULL,
	"created_by" text NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "attestation_shares_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "attestation_shares_token" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "attestations" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"kind" text NOT NULL,
	"about" text NOT NULL,
	"statement" text NOT NULL,
	"dsse_signature" text NOT NULL,
	"digest" text NOT NULL,
	"kid" text NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"requested_by" text NOT NULL,
	"issued_at" timestamp (3) with time zone NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"revoked_at" timestamp (3) with time zone,
	"revoked_reason" text,
	"revision" integer NOT NULL,
	CONSTRAINT "attestations_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "claim_policies" (
	"org_id" text NOT NULL,
	"number" integer NOT NULL,
	"policy" jsonb NOT NULL,
	"digest" text NOT NULL,
	"set_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "claim_policies_org_id_number_pk" PRIMARY KEY("org_id","number")
);
--> statement-breakpoint
CREATE TABLE "key_histories" (
	"org_id" text NOT NULL,
	"number" integer NOT NULL,
	"signed" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "key_histories_org_id_number_pk" PRIMARY KEY("org_id","number")
);
--> statement-breakpoint
CREATE TABLE "receipts" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"number" integer NOT NULL,
	"action" text NOT NULL,
	"about" text NOT NULL,
	"mode" text NOT NULL,
	"disposition" text NOT NULL,
	"effect" text,
	"statement" text NOT NULL,
	"dsse_signature" text NOT NULL,
	"digest" text NOT NULL,
	"kid" text NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"change_digest" text,
	"intent_digest" text,
	"issued_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "receipts_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "receipts_chain" UNIQUE("org_id","agent_id","number"),
	CONSTRAINT "receipts_intent" UNIQUE("org_id","agent_id","intent_digest")
);
--> statement-breakpoint
CREATE TABLE "self_runs" (
	"org_id" text NOT NULL,
	"receipt_id" text NOT NULL,
	"digest" text NOT NULL,
	"artifact" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "self_runs_org_id_receipt_id_pk" PRIMARY KEY("org_id","receipt_id"),
	CONSTRAINT "self_runs_digest" UNIQUE("org_id","digest")
);
--> statement-breakpoint
ALTER TABLE "evidence" DROP CONSTRAINT "evidence_org_id_run_id_eval_runs_org_id_id_fk";
--> statement-breakpoint
ALTER TABLE "agent_keys" ADD CONSTRAINT "agent_keys_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attestation_shares" ADD CONSTRAINT "attestation_shares_org_id_attestation_id_attestations_org_id_id_fk" FOREIGN KEY ("org_id","attestation_id") REFERENCES "public"."attestations"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "attestations" ADD CONSTRAINT "attestations_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "receipts" ADD CONSTRAINT "receipts_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "self_runs" ADD CONSTRAINT "self_runs_org_id_receipt_id_receipts_org_id_id_fk" FOREIGN KEY ("org_id","receipt_id") REFERENCES "public"."receipts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "attestations_page" ON "attestations" USING btree ("org_id","issued_at","id");--> statement-breakpoint
CREATE INDEX "attestations_agent" ON "attestations" USING btree ("org_id","agent_id","issued_at","id");--> statement-breakpoint
CREATE INDEX "attestations_events" ON "attestations" USING btree ("org_id","event_seq");--> statement-breakpoint
CREATE INDEX "receipts_page" ON "receipts" USING btree ("org_id","issued_at","id");--> statement-breakpoint
CREATE INDEX "receipts_agent" ON "receipts" USING btree ("org_id","agent_id","issued_at","id");--> statement-breakpoint
CREATE INDEX "receipts_events" ON "receipts" USING btree ("org_id","event_seq");
--> statement-breakpoint

-- Evidence is of an eval run, or of the receipt of a run that the agent made by itself: run_id names either, and one key holds each.
alter table evidence
  add column eval_run_id text generated always as (case when run_id like 'evl\_%' then run_id end) stored,
  add column receipt_id text generated always as (case when run_id like 'rcp\_%' then run_id end) stored,
  add constraint evidence_source check (num_nonnulls(eval_run_id, receipt_id) = 1),
  add foreign key (org_id, eval_run_id) references eval_runs (org_id, id),
  add foreign key (org_id, receipt_id) references receipts (org_id, id);
--> statement-breakpoint

select app.guard('agent_keys'), app.guard('attestations'), app.guard('attestation_shares'), app.guard('claim_policies'),
       app.guard('key_histories'), app.guard('receipts'), app.guard('self_runs');
--> statement-breakpoint
alter table claim_policies add foreign key (org_id) references organizations (id);
--> statement-breakpoint
-- Keys are the installation's, so their history is the platform's.
alter table key_histories
  add foreign key (org_id) references organizations (id),
  add constraint key_histories_platform check (org_id = app.platform());
--> statement-breakpoint
-- What was signed, and by which rules, is never changed, also not by the owner.
create trigger immutable before update or delete or truncate on receipts for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete or truncate on self_runs for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete or truncate on key_histories for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete or truncate on claim_policies for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before delete or truncate on attestations for each statement execute function app.refuse();
--> statement-breakpoint

-- Which event issued a statement: the one of this transaction, whatever is sent. It has the head's number, for it locked the head.
create function app.stamp_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  select seq into new.event_seq from public.audit_heads where org_id = new.org_id;
  return new;
end $$;
--> statement-breakpoint
create trigger stamped before insert on attestations for each row execute function app.stamp_event();
--> statement-breakpoint
create trigger stamped before insert on receipts for each row execute function app.stamp_event();
--> statement-breakpoint
-- A receipt follows the one before it: the chain has no gap and no fork.
create function app.follow_chain() returns trigger language plpgsql as $$
begin
  if new.number <> 1 + coalesce((select max(number) from public.receipts where org_id = new.org_id and agent_id = new.agent_id), 0) then
    raise exception 'receipt % does not follow the last one', new.number using errcode = '23505', constraint = 'receipts_chain';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger chained before insert on receipts for each row execute function app.follow_chain();
--> statement-breakpoint

grant select, insert on agent_keys, attestations, attestation_shares, receipts, self_runs to armalo_app;
--> statement-breakpoint
grant update (revoked_at, revoked_reason, revision) on attestations to armalo_app;
--> statement-breakpoint
grant update (revoked_at, revision) on agent_keys to armalo_app;
--> statement-breakpoint
grant select on claim_policies to armalo_app;
--> statement-breakpoint
grant select, insert on claim_policies, key_histories to armalo_admin;
--> statement-breakpoint

-- What anyone may learn without a credential: the key history, an organization's revocations, and whose attestation a share shows.
create function app.key_history() returns text language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select signed from public.key_histories order by number desc limit 1
$$;
--> statement-breakpoint
-- Null where there is no such organization. Revocations of what expired before `since` are left out.
create function app.status_list(org text, since timestamptz) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select coalesce((select jsonb_agg(jsonb_build_object('id', a.id, 'at', a.revoked_at, 'reason', a.revoked_reason) order by a.id)
                     from public.attestations a
                    where a.org_id = o.id and a.revoked_at is not null and a.expires_at > since), '[]'::jsonb)
    from public.organizations o where o.id = org
$$;
--> statement-breakpoint
create function app.find_share(hash text, out org text, out attestation text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select org_id, attestation_id from public.attestation_shares where token_hash = hash and expires_at > now()
$$;
--> statement-breakpoint
create function app.enter_share(hash text, request text) returns void language plpgsql as $$
declare
  share record;
begin
  select * into share from app.find_share(hash);
  if share.org is null then
    raise exception 'no such share' using errcode = 'AR404';
  end if;
  perform app.enter(share.org, 'public:share', request), set_config('app.shared', share.attestation, true);
end $$;
--> statement-breakpoint
create policy system_read on key_histories for select to armalo_system using (true);
--> statement-breakpoint
create policy system_status on attestations for select to armalo_system using (revoked_at is not null);
--> statement-breakpoint
create policy system_share on attestation_shares for select to armalo_system using (true);
--> statement-breakpoint
grant select (number, signed) on key_histories to armalo_system;
--> statement-breakpoint
grant select (org_id, id, expires_at, revoked_at, revoked_reason) on attestations to armalo_system;
--> statement-breakpoint
grant select (org_id, attestation_id, token_hash, expires_at) on attestation_shares to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.key_history() owner to armalo_system;
--> statement-breakpoint
alter function app.status_list(text, timestamptz) owner to armalo_system;
--> statement-breakpoint
alter function app.find_share(text) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.key_history(), app.status_list(text, timestamptz), app.find_share(text), app.enter_share(text, text),
  app.stamp_event(), app.follow_chain() from public;
--> statement-breakpoint
grant execute on function app.key_history(), app.status_list(text, timestamptz), app.find_share(text), app.enter_share(text, text) to armalo_app;
--> statement-breakpoint
grant execute on function app.key_history() to armalo_admin;
