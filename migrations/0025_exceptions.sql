CREATE TABLE "runtime_exceptions" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"state" text NOT NULL,
	"assignee_id" text,
	"acknowledged_by" text,
	"acknowledged_at" timestamp (3) with time zone,
	"resolved_by" text,
	"resolved_at" timestamp (3) with time zone,
	"resolved_seq" bigint,
	"note" text,
	"note_salt" text,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "runtime_exceptions_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "runtime_exceptions" ADD CONSTRAINT "runtime_exceptions_org_id_assignee_id_members_org_id_id_fk" FOREIGN KEY ("org_id","assignee_id") REFERENCES "public"."members"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_waiting" ON "approvals" USING btree ("org_id","grant_id","created_at","id") WHERE status in ('proposed', 'pending');--> statement-breakpoint
CREATE INDEX "invocations_exceptional" ON "invocations" USING btree ("org_id","grant_id","status","created_at","id") WHERE status in ('denied', 'failed', 'unknown');--> statement-breakpoint
CREATE INDEX "invocations_near_budget" ON "invocations" USING btree ("org_id","grant_id","created_at","id") WHERE budget_share >= 0.8;
--> statement-breakpoint
select app.guard('runtime_exceptions');
--> statement-breakpoint
alter table runtime_exceptions
  add foreign key (org_id) references organizations (id),
  add constraint runtime_exceptions_state check (state in ('open', 'acknowledged', 'resolved')),
  add constraint runtime_exceptions_acknowledged check ((acknowledged_by is null) = (acknowledged_at is null)
    and (state <> 'acknowledged' or acknowledged_by is not null)),
  add constraint runtime_exceptions_resolved check ((resolved_by is null) = (resolved_at is null) and (resolved_by is null) = (resolved_seq is null)
    and (state <> 'resolved' or resolved_by is not null) and (note is null or resolved_by is not null) and (note is null) = (note_salt is null)),
  -- Only people say what was done.
  add constraint runtime_exceptions_person check (acknowledged_by like 'member:%' and resolved_by like 'member:%');
--> statement-breakpoint
-- Who is being removed at this moment is not given anything to do.
create function app.require_active_assignee() returns trigger language plpgsql as $$
begin
  if not exists (select from public.members where org_id = new.org_id and id = new.assignee_id and status = 'active') then
    raise exception 'the assignee is no active member' using errcode = 'AR409';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger assigned before insert or update of assignee_id on runtime_exceptions for each row
  when (new.assignee_id is not null) execute function app.require_active_assignee();
--> statement-breakpoint
create trigger kept before delete on runtime_exceptions for each statement execute function app.refuse();
--> statement-breakpoint
revoke all on function app.require_active_assignee() from public;
--> statement-breakpoint
grant select, insert on runtime_exceptions to armalo_app;
--> statement-breakpoint
grant update (state, assignee_id, acknowledged_by, acknowledged_at, resolved_by, resolved_at, resolved_seq, note, note_salt, revision, updated_at) on runtime_exceptions to armalo_app;
