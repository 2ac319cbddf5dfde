CREATE TABLE "telemetry_events" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"event_id" text NOT NULL,
	"type" text NOT NULL,
	"session_id" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"received_at" timestamp (3) with time zone NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"position" integer NOT NULL,
	"tool" text,
	"mode" text,
	"claimed_invocation_id" text,
	"claimed_receipt_id" text,
	"claimed_request_digest" text,
	"matched_invocation_id" text,
	CONSTRAINT "telemetry_events_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "telemetry_events" ADD CONSTRAINT "telemetry_events_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "telemetry_events" ADD CONSTRAINT "telemetry_events_org_id_matched_invocation_id_invocations_org_id_id_fk" FOREIGN KEY ("org_id","matched_invocation_id") REFERENCES "public"."invocations"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "telemetry_events_page" ON "telemetry_events" USING btree ("org_id","received_at","id");--> statement-breakpoint
CREATE INDEX "telemetry_events_agent" ON "telemetry_events" USING btree ("org_id","agent_id","received_at","id");--> statement-breakpoint
CREATE INDEX "telemetry_events_session" ON "telemetry_events" USING btree ("org_id","session_id","received_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "telemetry_events_matched" ON "telemetry_events" USING btree ("org_id","matched_invocation_id");--> statement-breakpoint
CREATE INDEX "telemetry_events_open" ON "telemetry_events" USING btree ("org_id","agent_id","received_at") WHERE type = 'tool_call' and matched_invocation_id is null;--> statement-breakpoint
CREATE INDEX "telemetry_events_invocation" ON "telemetry_events" USING btree ("org_id","claimed_invocation_id") WHERE claimed_invocation_id is not null;--> statement-breakpoint
CREATE INDEX "telemetry_events_receipt" ON "telemetry_events" USING btree ("org_id","claimed_receipt_id") WHERE claimed_receipt_id is not null;--> statement-breakpoint
select app.guard('telemetry_events');
--> statement-breakpoint
alter table telemetry_events
  add constraint telemetry_events_type check (type in ('session_start', 'session_end', 'tool_call')),
  add constraint telemetry_events_mode check (mode in ('simulation', 'production')),
  add constraint telemetry_events_call check ((type = 'tool_call') = (tool is not null) and (tool is null) = (mode is null)
    and (type = 'tool_call' or (claimed_invocation_id is null and claimed_receipt_id is null and claimed_request_digest is null))),
  add constraint telemetry_events_claim check (claimed_invocation_id is null or claimed_receipt_id is null),
  -- Found is only what was named.
  add constraint telemetry_events_found check (matched_invocation_id is null or claimed_receipt_id is not null
    or claimed_invocation_id is not distinct from matched_invocation_id),
  add constraint telemetry_events_sizes check (length(event_id) <= 64 and length(session_id) <= 64 and length(tool) <= 64 and position between 0 and 99);
--> statement-breakpoint
create trigger stamped before insert on telemetry_events for each row execute function app.stamp_event();
--> statement-breakpoint
-- What was said stays said.
create trigger immutable before update or delete on telemetry_events for each statement execute function app.refuse();
--> statement-breakpoint
grant select, insert on telemetry_events to armalo_app;
