CREATE TABLE "room_visits" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"room_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"joined_at" timestamp (3) with time zone NOT NULL,
	"left_at" timestamp (3) with time zone NOT NULL,
	"messages" integer NOT NULL,
	"effects" integer NOT NULL,
	"via" text NOT NULL,
	CONSTRAINT "room_visits_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "room_visits" ADD CONSTRAINT "room_visits_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "room_visits" ADD CONSTRAINT "room_visits_org_id_room_id_rooms_org_id_id_fk" FOREIGN KEY ("org_id","room_id") REFERENCES "public"."rooms"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "room_visits_agent" ON "room_visits" USING btree ("org_id","agent_id","room_id","joined_at","left_at","messages","effects");
--> statement-breakpoint
select app.guard('room_visits');
--> statement-breakpoint
alter table room_visits
  add constraint room_visits_counts check (messages >= 0 and effects between 0 and messages),
  add constraint room_visits_via check (via in ('socket', 'http'));
--> statement-breakpoint
-- Who was where is never changed, also not by the owner.
create trigger immutable before update or delete or truncate on room_visits for each statement execute function app.refuse();
--> statement-breakpoint
grant select, insert on room_visits to armalo_app;
