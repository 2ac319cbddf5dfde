CREATE TABLE "judge_calibrations" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"panel_id" text NOT NULL,
	"panel_version" integer NOT NULL,
	"panel_digest" text NOT NULL,
	"prompt_digest" text NOT NULL,
	"set_digest" text NOT NULL,
	"examples" jsonb NOT NULL,
	"status" text NOT NULL,
	"result" jsonb,
	"requested_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"finished_at" timestamp (3) with time zone,
	CONSTRAINT "judge_calibrations_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "judge_panel_versions" (
	"org_id" text NOT NULL,
	"panel_id" text NOT NULL,
	"version" integer NOT NULL,
	"digest" text NOT NULL,
	"judges" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "judge_panel_versions_org_id_panel_id_version_pk" PRIMARY KEY("org_id","panel_id","version")
);
--> statement-breakpoint
CREATE TABLE "judge_panels" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"digest" text NOT NULL,
	"judges" jsonb NOT NULL,
	"keys" jsonb NOT NULL,
	"retired_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "judge_panels_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "eval_runs" ADD COLUMN "judge_panel_id" text;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD COLUMN "judge_panel_version" integer;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD COLUMN "judge_panel_digest" text;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD COLUMN "calibration_id" text;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD COLUMN "jury" jsonb;--> statement-breakpoint
ALTER TABLE "judge_calibrations" ADD CONSTRAINT "judge_calibrations_version" FOREIGN KEY ("org_id","panel_id","panel_version") REFERENCES "public"."judge_panel_versions"("org_id","panel_id","version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "judge_panel_versions" ADD CONSTRAINT "judge_panel_versions_org_id_panel_id_judge_panels_org_id_id_fk" FOREIGN KEY ("org_id","panel_id") REFERENCES "public"."judge_panels"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "judge_calibrations_page" ON "judge_calibrations" USING btree ("org_id","panel_id","created_at","id");--> statement-breakpoint
CREATE INDEX "judge_calibrations_digest" ON "judge_calibrations" USING btree ("org_id","panel_digest","finished_at");--> statement-breakpoint
CREATE INDEX "judge_panels_page" ON "judge_panels" USING btree ("org_id","created_at","id");--> statement-breakpoint
ALTER TABLE "eval_runs" ADD CONSTRAINT "eval_runs_judge_panel" FOREIGN KEY ("org_id","judge_panel_id","judge_panel_version") REFERENCES "public"."judge_panel_versions"("org_id","panel_id","version") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD CONSTRAINT "eval_runs_calibration" FOREIGN KEY ("org_id","calibration_id") REFERENCES "public"."judge_calibrations"("org_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint

select app.guard('judge_panels'), app.guard('judge_panel_versions'), app.guard('judge_calibrations');
--> statement-breakpoint
-- A run names a panel as a whole or not at all, and a calibration only with one.
alter table eval_runs add constraint eval_runs_jury check (
  num_nonnulls(judge_panel_id, judge_panel_version, judge_panel_digest) in (0, 3) and (calibration_id is null or judge_panel_id is not null));
--> statement-breakpoint
-- What a panel was in a version, and what it made of a labelled set, is never changed, also not by the owner.
create trigger immutable before update or delete or truncate on judge_panel_versions for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before delete or truncate on judge_calibrations for each statement execute function app.refuse();
--> statement-breakpoint
create function app.keep_calibration() returns trigger language plpgsql as $$
begin
  raise exception 'a calibration that ended is frozen' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger frozen before update on judge_calibrations for each row when (old.status <> 'running') execute function app.keep_calibration();
--> statement-breakpoint
revoke all on function app.keep_calibration() from public;
--> statement-breakpoint
grant select, insert on judge_panels, judge_panel_versions, judge_calibrations to armalo_app;
--> statement-breakpoint
grant update (name, version, digest, judges, keys, retired_at, revision, updated_at) on judge_panels to armalo_app;
--> statement-breakpoint
grant update (status, result, finished_at) on judge_calibrations to armalo_app;
