CREATE TABLE "room_revocations" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"room_id" text NOT NULL,
	"kind" text NOT NULL,
	"subject" text NOT NULL,
	"until" timestamp (3) with time zone,
	"revoked_by" text NOT NULL,
	"revision" integer NOT NULL,
	"lifted_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "room_revocations_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "rooms" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"swarm_id" text NOT NULL,
	"name" text NOT NULL,
	"topics" jsonb NOT NULL,
	"retention_messages" integer NOT NULL,
	"retention_days" integer NOT NULL,
	"revision" integer NOT NULL,
	"closed_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "rooms_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "rooms_id" UNIQUE("id")
);
--> statement-breakpoint
CREATE TABLE "swarm_secrets" (
	"org_id" text NOT NULL,
	"swarm_id" text NOT NULL,
	"generation" integer NOT NULL,
	"sealed_secret" text NOT NULL,
	"verifies_until" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "swarm_secrets_org_id_swarm_id_generation_pk" PRIMARY KEY("org_id","swarm_id","generation")
);
--> statement-breakpoint
CREATE TABLE "swarms" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"generation" integer NOT NULL,
	"open_rooms" integer NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "swarms_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "room_revocations" ADD CONSTRAINT "room_revocations_org_id_room_id_rooms_org_id_id_fk" FOREIGN KEY ("org_id","room_id") REFERENCES "public"."rooms"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "rooms" ADD CONSTRAINT "rooms_org_id_swarm_id_swarms_org_id_id_fk" FOREIGN KEY ("org_id","swarm_id") REFERENCES "public"."swarms"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "swarm_secrets" ADD CONSTRAINT "swarm_secrets_org_id_swarm_id_swarms_org_id_id_fk" FOREIGN KEY ("org_id","swarm_id") REFERENCES "public"."swarms"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "room_revocations_page" ON "room_revocations" USING btree ("org_id","room_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "room_revocations_standing" ON "room_revocations" USING btree ("org_id","room_id","kind","subject") WHERE lifted_at is null;--> statement-breakpoint
CREATE INDEX "rooms_page" ON "rooms" USING btree ("org_id","swarm_id","created_at","id");--> statement-breakpoint
CREATE INDEX "swarms_page" ON "swarms" USING btree ("org_id","created_at","id");
--> statement-breakpoint
select app.guard('swarms'), app.guard('swarm_secrets'), app.guard('rooms'), app.guard('room_revocations');
--> statement-breakpoint
alter table swarms add constraint swarms_open_rooms check (open_rooms >= 0);
--> statement-breakpoint
alter table room_revocations add constraint room_revocations_kind check (kind in ('token', 'agent'));
--> statement-breakpoint
-- One secret signs. A former one has an end, and keeps it or gets an earlier one.
create unique index swarm_secrets_signing on swarm_secrets (org_id, swarm_id) where verifies_until is null;
--> statement-breakpoint
create trigger mortal before update on swarm_secrets for each row
  when (old.verifies_until is not null and (new.verifies_until is null or new.verifies_until > old.verifies_until))
  execute function app.keep_end();
--> statement-breakpoint
create function app.keep_closed() returns trigger language plpgsql as $$
begin
  raise exception 'a closed room stays as it is' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger frozen before update on rooms for each row when (old.closed_at is not null) execute function app.keep_closed();
--> statement-breakpoint
revoke all on function app.keep_closed() from public;
--> statement-breakpoint
grant select, insert on swarms, swarm_secrets, rooms, room_revocations to armalo_app;
--> statement-breakpoint
grant update (generation, open_rooms, revision, updated_at) on swarms to armalo_app;
--> statement-breakpoint
grant update (verifies_until) on swarm_secrets to armalo_app;
--> statement-breakpoint
grant update (name, topics, retention_messages, retention_days, closed_at, revision, updated_at) on rooms to armalo_app;
--> statement-breakpoint
grant update (until, revoked_by, lifted_at, revision, updated_at) on room_revocations to armalo_app;
--> statement-breakpoint

-- A room's object knows its own name and nothing else: whose it is, it learns here, and then enters that organization.
create function app.room_org(room text) returns text
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select org_id from public.rooms where id = room
$$;
--> statement-breakpoint
create policy system_room on rooms for select to armalo_system using (true);
--> statement-breakpoint
grant select (org_id, id) on rooms to armalo_system;
--> statement-breakpoint
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.room_org(text) owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on function app.room_org(text) from public;
--> statement-breakpoint
grant execute on function app.room_org(text) to armalo_app;
