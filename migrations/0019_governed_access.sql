CREATE TABLE "approvals" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"grant_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"invocation_id" text NOT NULL,
	"status" text NOT NULL,
	"request_digest" text NOT NULL,
	"action_digest" text NOT NULL,
	"sealed_preview" text NOT NULL,
	"preview_digest" text NOT NULL,
	"four_eyes" boolean NOT NULL,
	"expires_at" timestamp (3) with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp (3) with time zone,
	"reason" text,
	"consumed_by" text,
	"consumed_at" timestamp (3) with time zone,
	"effect" text,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "approvals_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "capabilities" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"name" text NOT NULL,
	"description" text NOT NULL,
	"kind" text NOT NULL,
	"status" text NOT NULL,
	"version" integer NOT NULL,
	"drifted_digest" text,
	"credential_version" integer NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "capabilities_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "capability_credentials" (
	"org_id" text NOT NULL,
	"capability_id" text NOT NULL,
	"version" integer NOT NULL,
	"sealed_value" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "capability_credentials_org_id_capability_id_version_pk" PRIMARY KEY("org_id","capability_id","version")
);
--> statement-breakpoint
CREATE TABLE "capability_versions" (
	"org_id" text NOT NULL,
	"capability_id" text NOT NULL,
	"version" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"digest" text NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "capability_versions_org_id_capability_id_version_pk" PRIMARY KEY("org_id","capability_id","version")
);
--> statement-breakpoint
CREATE TABLE "grants" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"agent_id" text NOT NULL,
	"capability_id" text NOT NULL,
	"policy_id" text NOT NULL,
	"tool_name" text NOT NULL,
	"budget" jsonb NOT NULL,
	"rate_per_minute" integer NOT NULL,
	"expires_at" timestamp (3) with time zone,
	"status" text NOT NULL,
	"promoted_for" text,
	"promoted_basis" jsonb,
	"promoted_at" timestamp (3) with time zone,
	"created_by" text NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "grants_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "grants_of" UNIQUE("org_id","id","agent_id")
);
--> statement-breakpoint
CREATE TABLE "invocations" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"grant_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"capability_id" text NOT NULL,
	"mode" text NOT NULL,
	"decision" text NOT NULL,
	"reasons" jsonb NOT NULL,
	"rule_ids" jsonb NOT NULL,
	"pact_checks" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"status" text NOT NULL,
	"effect" text,
	"basis" text NOT NULL,
	"policy_id" text NOT NULL,
	"policy_version" integer NOT NULL,
	"request_digest" text NOT NULL,
	"action_digest" text NOT NULL,
	"approval_id" text,
	"receipt_id" text NOT NULL,
	"cost_micros" bigint NOT NULL,
	"budget_share" real NOT NULL,
	"upstream_status" integer,
	"latency_ms" integer,
	"sealed_input" text NOT NULL,
	"review_verdict" text,
	"reviewed_by" text,
	"reviewed_at" timestamp (3) with time zone,
	"settled_by" text,
	"settled_at" timestamp (3) with time zone,
	"counted_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "invocations_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
CREATE TABLE "policies" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"capability_id" text NOT NULL,
	"name" text NOT NULL,
	"active_version" integer,
	"activation" integer NOT NULL,
	"latest_version" integer NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "policies_org_id_id_pk" PRIMARY KEY("org_id","id"),
	CONSTRAINT "policies_capability" UNIQUE("org_id","id","capability_id")
);
--> statement-breakpoint
CREATE TABLE "policy_versions" (
	"org_id" text NOT NULL,
	"policy_id" text NOT NULL,
	"version" integer NOT NULL,
	"terms" jsonb NOT NULL,
	"digest" text NOT NULL,
	"capability_version" integer NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "policy_versions_org_id_policy_id_version_pk" PRIMARY KEY("org_id","policy_id","version")
);
--> statement-breakpoint
ALTER TABLE "approvals" ADD CONSTRAINT "approvals_org_id_grant_id_agent_id_grants_org_id_id_agent_id_fk" FOREIGN KEY ("org_id","grant_id","agent_id") REFERENCES "public"."grants"("org_id","id","agent_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "capability_credentials" ADD CONSTRAINT "capability_credentials_org_id_capability_id_capabilities_org_id_id_fk" FOREIGN KEY ("org_id","capability_id") REFERENCES "public"."capabilities"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "capability_versions" ADD CONSTRAINT "capability_versions_org_id_capability_id_capabilities_org_id_id_fk" FOREIGN KEY ("org_id","capability_id") REFERENCES "public"."capabilities"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_org_id_capability_id_capabilities_org_id_id_fk" FOREIGN KEY ("org_id","capability_id") REFERENCES "public"."capabilities"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "grants" ADD CONSTRAINT "grants_org_id_policy_id_capability_id_policies_org_id_id_capability_id_fk" FOREIGN KEY ("org_id","policy_id","capability_id") REFERENCES "public"."policies"("org_id","id","capability_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invocations" ADD CONSTRAINT "invocations_org_id_grant_id_agent_id_grants_org_id_id_agent_id_fk" FOREIGN KEY ("org_id","grant_id","agent_id") REFERENCES "public"."grants"("org_id","id","agent_id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invocations" ADD CONSTRAINT "invocations_org_id_receipt_id_receipts_org_id_id_fk" FOREIGN KEY ("org_id","receipt_id") REFERENCES "public"."receipts"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policies" ADD CONSTRAINT "policies_org_id_capability_id_capabilities_org_id_id_fk" FOREIGN KEY ("org_id","capability_id") REFERENCES "public"."capabilities"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "policy_versions" ADD CONSTRAINT "policy_versions_org_id_policy_id_policies_org_id_id_fk" FOREIGN KEY ("org_id","policy_id") REFERENCES "public"."policies"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approvals_page" ON "approvals" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_open" ON "approvals" USING btree ("org_id","grant_id","action_digest") WHERE status in ('proposed', 'pending', 'approved');--> statement-breakpoint
CREATE INDEX "approvals_due" ON "approvals" USING btree ("expires_at") WHERE status in ('proposed', 'pending', 'approved');--> statement-breakpoint
CREATE UNIQUE INDEX "capabilities_name" ON "capabilities" USING btree ("org_id","name") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "capabilities_page" ON "capabilities" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "grants_tool" ON "grants" USING btree ("org_id","agent_id","tool_name") WHERE status = 'active';--> statement-breakpoint
CREATE INDEX "grants_page" ON "grants" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "grants_agent" ON "grants" USING btree ("org_id","agent_id","created_at","id");--> statement-breakpoint
CREATE INDEX "grants_capability" ON "grants" USING btree ("org_id","capability_id");--> statement-breakpoint
CREATE INDEX "grants_policy" ON "grants" USING btree ("org_id","policy_id");--> statement-breakpoint
CREATE INDEX "invocations_page" ON "invocations" USING btree ("org_id","created_at","id");--> statement-breakpoint
CREATE INDEX "invocations_grant" ON "invocations" USING btree ("org_id","grant_id","created_at","id");--> statement-breakpoint
CREATE INDEX "invocations_agent" ON "invocations" USING btree ("org_id","agent_id","created_at","id");--> statement-breakpoint
CREATE INDEX "invocations_receipt" ON "invocations" USING btree ("org_id","receipt_id");--> statement-breakpoint
CREATE INDEX "policies_page" ON "policies" USING btree ("org_id","created_at","id");
--> statement-breakpoint
select app.guard('capabilities'), app.guard('capability_versions'), app.guard('capability_credentials'), app.guard('policies'),
       app.guard('policy_versions'), app.guard('grants'), app.guard('invocations'), app.guard('approvals');
--> statement-breakpoint
alter table capabilities
  add foreign key (org_id) references organizations (id),
  add constraint capabilities_kind check (kind in ('http', 'mcp')),
  add constraint capabilities_status check (status in ('active', 'retired')),
  add constraint capabilities_drift check (drifted_digest is null or kind = 'mcp');
--> statement-breakpoint
create trigger frozen before update on capabilities for each row when (old.status = 'retired') execute function app.keep_removed();
--> statement-breakpoint
-- Versions only grow: what was promoted for an earlier one is not in force again.
create function app.keep_version() returns trigger language plpgsql as $$
begin
  raise exception 'a capability goes back to no earlier version' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger grown before update on capabilities for each row when (new.version < old.version) execute function app.keep_version();
--> statement-breakpoint
create trigger immutable before update or delete on capability_versions for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete on capability_credentials for each statement execute function app.refuse();
--> statement-breakpoint
-- A version of a policy says the same for ever: who simulated, promoted or approved under it knows what it said.
create trigger immutable before update or delete on policy_versions for each statement execute function app.refuse();
--> statement-breakpoint
-- A policy that was in force stays so, and how often it was put in force only grows: what was promoted under another one is told by that number.
create function app.keep_activation() returns trigger language plpgsql as $$
begin
  raise exception 'a policy keeps its capability, and what was in force stays counted' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger counted before update on policies for each row
  when (new.capability_id <> old.capability_id or new.activation < old.activation
        or (new.active_version is distinct from old.active_version and new.activation = old.activation))
  execute function app.keep_activation();
--> statement-breakpoint
alter table policies add constraint policies_activation check ((activation = 0) = (active_version is null) and latest_version >= 1);
--> statement-breakpoint
alter table policies add foreign key (org_id, id, active_version) references policy_versions (org_id, policy_id, version) deferrable initially deferred;
--> statement-breakpoint
alter table grants
  add constraint grants_status check (status in ('active', 'revoked')),
  add constraint grants_promotion check ((promoted_for is null) = (promoted_at is null) and (promoted_for is null) = (promoted_basis is null)),
  add constraint grants_rate check (rate_per_minute between 1 and 6000);
--> statement-breakpoint
create trigger frozen before update on grants for each row when (old.status = 'revoked') execute function app.keep_removed();
--> statement-breakpoint
-- Whose it is, for what and under which policy is what it was given for: another one is another grant.
create function app.keep_grant() returns trigger language plpgsql as $$
begin
  raise exception 'a grant keeps its agent, capability, policy and name' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger bound before update on grants for each row
  when ((new.agent_id, new.capability_id, new.policy_id, new.tool_name) is distinct from (old.agent_id, old.capability_id, old.policy_id, old.tool_name))
  execute function app.keep_grant();
--> statement-breakpoint
alter table invocations
  add constraint invocations_mode check (mode in ('simulation', 'production')),
  add constraint invocations_decision check (decision in ('allow', 'deny', 'require_approval')),
  add constraint invocations_status check (status in ('denied', 'pending', 'simulated', 'executed', 'failed', 'unknown')),
  add constraint invocations_effect check (effect in ('confirmed', 'failed', 'unknown')),
  -- What was not sent has no effect, and what was sent has one, known or not.
  add constraint invocations_sent check ((status in ('executed', 'failed', 'unknown')) = (effect is not null)),
  add constraint invocations_told check ((status = 'executed') = (effect is not distinct from 'confirmed')
    and (status = 'unknown') = (effect is not distinct from 'unknown')),
  add constraint invocations_simulated check (mode = 'production' or effect is null),
  add constraint invocations_denied check ((decision = 'deny') = (status = 'denied')),
  add constraint invocations_review check ((review_verdict is null) = (reviewed_by is null) and (reviewed_by is null) = (reviewed_at is null)
    and review_verdict in ('accepted', 'rejected')),
  add constraint invocations_settled check ((settled_by is null) = (settled_at is null) and (settled_by is null or effect <> 'unknown')),
  -- Only people review, and say what came of what nobody knows.
  add constraint invocations_person check (reviewed_by like 'member:%' and settled_by like 'member:%'),
  add constraint invocations_share check (budget_share between 0 and 1 and cost_micros >= 0);
--> statement-breakpoint
-- What was decided stays decided; an effect that was unknown may become known, once.
create function app.keep_decision() returns trigger language plpgsql as $$
begin
  raise exception 'what was decided stays, and what is known of its effect too' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger decided before update on invocations for each row
  when ((new.grant_id, new.agent_id, new.mode, new.decision, new.reasons, new.rule_ids, new.basis, new.policy_id, new.policy_version,
         new.request_digest, new.action_digest, new.approval_id, new.receipt_id, new.cost_micros, new.created_at)
        is distinct from (old.grant_id, old.agent_id, old.mode, old.decision, old.reasons, old.rule_ids, old.basis, old.policy_id, old.policy_version,
         old.request_digest, old.action_digest, old.approval_id, old.receipt_id, old.cost_micros, old.created_at)
        or (new.status <> old.status and (old.status <> 'unknown' or new.settled_by is null or new.effect is null))
        or ((new.settled_by, new.settled_at) is distinct from (old.settled_by, old.settled_at) and (old.status <> 'unknown' or old.settled_by is not null))
        or (old.review_verdict is not null
            and (new.review_verdict, new.reviewed_by, new.reviewed_at) is distinct from (old.review_verdict, old.reviewed_by, old.reviewed_at))
        or (old.counted_at is not null and new.counted_at is distinct from old.counted_at))
  execute function app.keep_decision();
--> statement-breakpoint
create trigger kept before delete on invocations for each statement execute function app.refuse();
--> statement-breakpoint
alter table approvals
  add constraint approvals_status check (status in ('proposed', 'pending', 'approved', 'denied', 'expired', 'cancelled', 'invalidated', 'consumed')),
  add constraint approvals_decided check ((decided_by is null) = (decided_at is null)
    and (status not in ('approved', 'denied', 'consumed') or decided_by is not null)),
  add constraint approvals_consumed check ((status = 'consumed') = (consumed_by is not null) and (consumed_by is null) = (consumed_at is null)),
  add constraint approvals_effect check (effect in ('confirmed', 'failed', 'unknown') and (effect is null or status = 'consumed')),
  add constraint approvals_consumable check (consumed_at is null or consumed_at < expires_at),
  -- Only a person decides.
  add constraint approvals_person check (decided_by like 'member:%');
--> statement-breakpoint
-- What it is bound to never changes, a state is left only for one that may follow it, and what became of it is learnt once.
create function app.keep_approval() returns trigger language plpgsql as $$
begin
  raise exception 'an approval keeps what it is bound to, and goes forward only' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger forward before update on approvals for each row
  when ((new.grant_id, new.agent_id, new.invocation_id, new.request_digest, new.action_digest, new.sealed_preview, new.preview_digest, new.four_eyes,
         new.expires_at, new.created_at)
        is distinct from (old.grant_id, old.agent_id, old.invocation_id, old.request_digest, old.action_digest, old.sealed_preview, old.preview_digest,
         old.four_eyes, old.expires_at, old.created_at)
        or (old.decided_by is not null and (new.decided_by, new.decided_at) is distinct from (old.decided_by, old.decided_at))
        or (old.consumed_by is not null and (new.consumed_by, new.consumed_at) is distinct from (old.consumed_by, old.consumed_at))
        or (old.effect is not null and new.effect is distinct from old.effect and old.effect <> 'unknown')
        or (new.status <> old.status and not (
             (old.status = 'proposed' and new.status in ('pending', 'expired', 'cancelled', 'invalidated'))
          or (old.status = 'pending' and new.status in ('approved', 'denied', 'expired', 'cancelled', 'invalidated'))
          or (old.status = 'approved' and new.status in ('consumed', 'expired', 'cancelled', 'invalidated')))))
  execute function app.keep_approval();
--> statement-breakpoint
create trigger kept before delete on approvals for each statement execute function app.refuse();
--> statement-breakpoint
revoke all on function app.keep_version(), app.keep_activation(), app.keep_grant(), app.keep_decision(), app.keep_approval() from public;
--> statement-breakpoint
grant select, insert on capabilities, capability_versions, capability_credentials, policies, policy_versions, grants, invocations, approvals to armalo_app;
--> statement-breakpoint
grant update (status, version, drifted_digest, credential_version, description, revision, updated_at) on capabilities to armalo_app;
--> statement-breakpoint
grant update (active_version, activation, latest_version, revision, updated_at) on policies to armalo_app;
--> statement-breakpoint
grant update (budget, rate_per_minute, expires_at, status, promoted_for, promoted_basis, promoted_at, revision, updated_at) on grants to armalo_app;
--> statement-breakpoint
grant update (status, effect, upstream_status, latency_ms, review_verdict, reviewed_by, reviewed_at, settled_by, settled_at, counted_at, revision) on invocations to armalo_app;
--> statement-breakpoint
grant update (status, decided_by, decided_at, reason, consumed_by, consumed_at, effect, revision, updated_at) on approvals to armalo_app;
