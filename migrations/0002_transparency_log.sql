CREATE TABLE "log_checkpoints" (
	"org_id" text NOT NULL,
	"size" bigint NOT NULL,
	"root" text NOT NULL,
	"kid" text NOT NULL,
	"note" text NOT NULL,
	"signed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "log_checkpoints_org_id_size_pk" PRIMARY KEY("org_id","size")
);
--> statement-breakpoint
CREATE TABLE "log_cosignatures" (
	"org_id" text NOT NULL,
	"size" bigint NOT NULL,
	"verifier_key" text NOT NULL,
	"line" text NOT NULL,
	"witnessed_at" timestamp (3) with time zone NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "log_cosignatures_org_id_size_verifier_key_pk" PRIMARY KEY("org_id","size","verifier_key")
);
--> statement-breakpoint
ALTER TABLE "log_cosignatures" ADD CONSTRAINT "log_cosignatures_org_id_size_log_checkpoints_org_id_size_fk" FOREIGN KEY ("org_id","size") REFERENCES "public"."log_checkpoints"("org_id","size") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint

-- What the log has signed: written beside the events and without one of its own, or each checkpoint would need the next. Never changed,
-- also not by the owner, and one root for a size: a second one would be a fork.
alter table log_checkpoints
  add foreign key (org_id) references organizations (id),
  add constraint log_checkpoints_size check (size > 0);
--> statement-breakpoint
select app.fence('log_checkpoints'), app.guard('log_cosignatures');
--> statement-breakpoint
create trigger immutable before update or delete or truncate on log_checkpoints for each statement execute function app.refuse();
--> statement-breakpoint
grant select, insert on log_checkpoints, log_cosignatures to armalo_app;
--> statement-breakpoint

-- How many events the organization that was entered has: what is behind this number and not in audit_events was removed.
create function app.log_head() returns bigint language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select seq from public.audit_heads where org_id = app.org()
$$;
--> statement-breakpoint
-- Beside the number of its events, an organization's head says how many of them a checkpoint covers, and whose key signed it last.
alter table audit_heads add column logged bigint not null default 0, add column logged_kid text;
--> statement-breakpoint
create function app.mark_logged() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  update public.audit_heads set logged = new.size, logged_kid = new.kid where org_id = new.org_id and logged < new.size;
  return null;
end $$;
--> statement-breakpoint
create trigger logged after insert on log_checkpoints for each row execute function app.mark_logged();
--> statement-breakpoint
-- Organizations whose newest checkpoint is of another key than `current_kid`, or covers less than was written before `before`. In no
-- order: logs that have stopped stay in this set, and must not be all that is ever seen of it.
create function app.unlogged(current_kid text, before timestamptz, most integer) returns table (org_id text)
language sql volatile security definer set search_path = pg_catalog, pg_temp as $$
  select h.org_id
    from public.audit_heads h
   where h.logged_kid <> current_kid
      or (h.seq > h.logged
          and coalesce((select e.at from public.audit_events e where e.org_id = h.org_id and e.seq = h.logged + 1), '-infinity') < before)
   order by random() limit least(most, 500)
$$;
--> statement-breakpoint
create policy system_log on audit_heads for select to armalo_system using (true);
--> statement-breakpoint
create policy system_log on audit_events for select to armalo_system using (true);
--> statement-breakpoint
grant select (org_id, seq, logged, logged_kid) on audit_heads to armalo_system;
--> statement-breakpoint
grant select (org_id, seq, at) on audit_events to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.log_head() owner to armalo_system;
--> statement-breakpoint
alter function app.unlogged(text, timestamptz, integer) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.log_head(), app.mark_logged(), app.unlogged(text, timestamptz, integer) from public;
--> statement-breakpoint
grant execute on function app.log_head(), app.unlogged(text, timestamptz, integer) to armalo_app;
