CREATE TABLE "agent_versions" (
	"org_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"number" integer NOT NULL,
	"digest" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "agent_versions_org_id_agent_id_number_pk" PRIMARY KEY("org_id","agent_id","number")
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"external_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"provider" text,
	"model_family" text,
	"capabilities" jsonb NOT NULL,
	"version" text,
	"version_number" integer NOT NULL,
	"version_digest" text NOT NULL,
	"is_public" boolean NOT NULL,
	"wallet_address" text,
	"endpoint_url" text,
	"endpoint_protocol" text,
	"endpoint_headers" jsonb NOT NULL,
	"endpoint_challenge" text,
	"endpoint_proven_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"archived_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "agents_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "agents_external_id" UNIQUE("org_id","external_id")
);
--> statement-breakpoint
CREATE TABLE "api_keys" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"secret_hash" text NOT NULL,
	"scopes" jsonb NOT NULL,
	"cidrs" jsonb NOT NULL,
	"agent_id" text,
	"created_by" text NOT NULL,
	"replaces_id" text,
	"expires_at" timestamp (3) with time zone,
	"revoked_at" timestamp (3) with time zone,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "api_keys_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "audit_events" (
	"org_id" text NOT NULL,
	"seq" bigint DEFAULT 0 NOT NULL,
	"id" text NOT NULL,
	"actor" text DEFAULT '' NOT NULL,
	"request_id" text DEFAULT '' NOT NULL,
	"action" text NOT NULL,
	"resource" text NOT NULL,
	"change" text NOT NULL,
	"commitment" text,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"operation" text,
	"idempotency_key" text,
	CONSTRAINT "audit_events_org_id_seq_pk" PRIMARY KEY("org_id","seq"),
	CONSTRAINT "audit_events_id" UNIQUE("org_id","id"),
	CONSTRAINT "audit_events_idempotency" UNIQUE("org_id","actor","operation","idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "eval_cases" (
	"org_id" text NOT NULL,
	"run_id" text NOT NULL,
	"index" integer NOT NULL,
	"case_id" text NOT NULL,
	"status" text NOT NULL,
	"checks" jsonb NOT NULL,
	"attempts" jsonb NOT NULL,
	"input_digest" text NOT NULL,
	"output_digest" text,
	"latency_ms" integer,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "eval_cases_org_id_run_id_index_pk" PRIMARY KEY("org_id","run_id","index")
);
--> statement-breakpoint
CREATE TABLE "eval_runs" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"agent_version_number" integer NOT NULL,
	"agent_version_digest" text NOT NULL,
	"pact_id" text,
	"pact_digest" text,
	"suite_id" text NOT NULL,
	"suite_digest" text NOT NULL,
	"suite_author" text NOT NULL,
	"mode" text NOT NULL,
	"concurrency" integer NOT NULL,
	"floor" double precision NOT NULL,
	"recorded_cases" integer NOT NULL,
	"requested_by" text NOT NULL,
	"status" text NOT NULL,
	"counts" jsonb NOT NULL,
	"pass_rate" double precision,
	"availability" double precision,
	"lower95" double precision,
	"verdict" text,
	"reason_codes" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"started_at" timestamp (3) with time zone,
	"finished_at" timestamp (3) with time zone,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "eval_runs_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "eval_suites" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"digest" text NOT NULL,
	"floor" double precision NOT NULL,
	"cases" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "eval_suites_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "eval_suites_digest" UNIQUE("org_id","digest")
);
--> statement-breakpoint
CREATE TABLE "platform_suites" (
	"id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"digest" text NOT NULL,
	"floor" double precision NOT NULL,
	"cases" jsonb NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "platform_suites_id_pk" PRIMARY KEY("id"),
	CONSTRAINT "platform_suites_digest" UNIQUE("digest")
);
--> statement-breakpoint
CREATE TABLE "idempotent_answers" (
	"org_id" text NOT NULL,
	"actor" text NOT NULL,
	"operation" text NOT NULL,
	"idempotency_key" text NOT NULL,
	"fingerprint" text NOT NULL,
	"status" integer NOT NULL,
	"sealed_body" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "idempotent_answers_pkey" PRIMARY KEY("org_id","actor","operation","idempotency_key")
);
--> statement-breakpoint
CREATE TABLE "organizations" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"plan" text NOT NULL,
	"environment" text NOT NULL,
	"wrapped_data_key" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "pact_checks" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"pact_id" text NOT NULL,
	"pact_digest" text NOT NULL,
	"kind" text NOT NULL,
	"compliant" boolean,
	"results" jsonb NOT NULL,
	"report_digest" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "pact_checks_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "pacts" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"lineage_id" text NOT NULL,
	"version" integer NOT NULL,
	"agent_id" text NOT NULL,
	"name" text NOT NULL,
	"description" text,
	"conditions" jsonb NOT NULL,
	"state" text NOT NULL,
	"digest" text,
	"activated_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "pacts_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "pacts_version" UNIQUE("org_id","lineage_id","version")
);
--> statement-breakpoint
CREATE TABLE "request_failures" (
	"org_id" text NOT NULL,
	"request_id" text NOT NULL,
	"operation" text NOT NULL,
	"actor" text NOT NULL,
	"status" integer NOT NULL,
	"code" text NOT NULL,
	"blocker" text NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "request_failures_org_id_request_id_pk" PRIMARY KEY("org_id","request_id")
);
--> statement-breakpoint
CREATE TABLE "evidence" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"run_id" text NOT NULL,
	"suite_digest" text NOT NULL,
	"author" text NOT NULL,
	"assurance" text NOT NULL,
	"version_number" integer NOT NULL,
	"version_digest" text NOT NULL,
	"entries" jsonb NOT NULL,
	"unavailable" jsonb NOT NULL,
	"checks" integer NOT NULL,
	"critical_failures" integer NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "evidence_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "evidence_run" UNIQUE("org_id","run_id")
);
--> statement-breakpoint
CREATE TABLE "scores" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"document" jsonb NOT NULL,
	"version_number" integer NOT NULL,
	"runs_on_record" integer NOT NULL,
	"computed_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "scores_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "security_events" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"kind" text NOT NULL,
	"credential" text NOT NULL,
	"minute" timestamp (3) with time zone NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "security_events_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "agent_versions" ADD CONSTRAINT "agent_versions_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_org_id_replaces_id_api_keys_org_id_id_fk" FOREIGN KEY ("org_id","replaces_id") REFERENCES "public"."api_keys"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "eval_cases" ADD CONSTRAINT "eval_cases_org_id_run_id_eval_runs_org_id_id_fk" FOREIGN KEY ("org_id","run_id") REFERENCES "public"."eval_runs"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD CONSTRAINT "eval_runs_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "eval_runs" ADD CONSTRAINT "eval_runs_org_id_pact_id_pacts_org_id_id_fk" FOREIGN KEY ("org_id","pact_id") REFERENCES "public"."pacts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pact_checks" ADD CONSTRAINT "pact_checks_org_id_pact_id_pacts_org_id_id_fk" FOREIGN KEY ("org_id","pact_id") REFERENCES "public"."pacts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pacts" ADD CONSTRAINT "pacts_org_id_lineage_id_pacts_org_id_id_fk" FOREIGN KEY ("org_id","lineage_id") REFERENCES "public"."pacts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pacts" ADD CONSTRAINT "pacts_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_org_id_run_id_eval_runs_org_id_id_fk" FOREIGN KEY ("org_id","run_id") REFERENCES "public"."eval_runs"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scores" ADD CONSTRAINT "scores_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agents_page" ON "agents" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "api_keys_page" ON "api_keys" USING btree ("org_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "eval_runs_page" ON "eval_runs" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "eval_runs_agent" ON "eval_runs" USING btree ("org_id","agent_id","created_at","id");--> statement-breakpoint
CREATE INDEX "eval_runs_open" ON "eval_runs" USING btree ("status","updated_at");--> statement-breakpoint
CREATE INDEX "eval_suites_page" ON "eval_suites" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "platform_suites_page" ON "platform_suites" USING btree ("created_at","id");--> statement-breakpoint
CREATE INDEX "idempotent_answers_age" ON "idempotent_answers" USING btree ("created_at");--> statement-breakpoint
CREATE UNIQUE INDEX "pacts_one_active" ON "pacts" USING btree ("org_id","lineage_id") WHERE state = 'active';--> statement-breakpoint
CREATE INDEX "pact_checks_page" ON "pact_checks" USING btree ("org_id","pact_id","created_at","id");--> statement-breakpoint
CREATE INDEX "pacts_page" ON "pacts" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "pacts_agent" ON "pacts" USING btree ("org_id","agent_id","created_at");--> statement-breakpoint
CREATE INDEX "request_failures_age" ON "request_failures" USING btree ("at");--> statement-breakpoint
CREATE INDEX "evidence_agent" ON "evidence" USING btree ("org_id","agent_id","at");--> statement-breakpoint
CREATE INDEX "scores_page" ON "scores" USING btree ("org_id","agent_id","computed_at","id");--> statement-breakpoint
CREATE INDEX "security_events_page" ON "security_events" USING btree ("org_id","minute","id");