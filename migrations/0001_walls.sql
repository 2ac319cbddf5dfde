-- Tenancy and audit. Run by the migration owner: a CREATEROLE role is enough, no superuser.
-- A batch is: app.enter, the audit event, the changes. The event comes first because it locks the organization's head;
-- last, two writers of one organization deadlock. `on conflict do update` fires the UPDATE trigger without rows: not used.
-- Codes: AR001 change without an event, AR002 immutable, AR409 nothing matched, AR503 wrong role or context.

-- Roles belong to the cluster, so another database or branch of it may have made them.
-- No passwords here: those are an administrator's act (`npm run admin -- set-database-password`).
do $$ begin
  if not exists (select from pg_roles where rolname = 'armalo_app') then
    create role armalo_app login nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
  if not exists (select from pg_roles where rolname = 'armalo_admin') then
    create role armalo_admin nologin nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
  if not exists (select from pg_roles where rolname = 'armalo_system') then
    create role armalo_system nologin nosuperuser nobypassrls nocreatedb nocreaterole;
  end if;
end $$;
--> statement-breakpoint
-- The Worker is armalo_app. The admin command becomes armalo_admin, so that the walls hold for the owner too, whom Neon
-- lets bypass row security. armalo_system owns the few functions that cross tenants, and nothing else.
grant armalo_app, armalo_admin, armalo_system to current_user;
--> statement-breakpoint
create schema app;
--> statement-breakpoint
grant usage on schema app, public to armalo_app, armalo_admin, armalo_system;
--> statement-breakpoint

-- Who is inside. A setting that was once set reads '' in later transactions, not NULL.
create function app.org() returns text language sql stable parallel safe
  return nullif(current_setting('app.org_id', true), '');
--> statement-breakpoint
-- The platform's own organization: the nil UUID (RFC 9562, 5.9) in base62.
create function app.platform() returns text language sql immutable parallel safe
  return 'org_0000000000000000000000'::text;
--> statement-breakpoint
create function app.enter(org text, actor text, request text) returns void language plpgsql as $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = current_user and (rolsuper or rolbypassrls)) then
    raise exception 'role % bypasses row security', current_user using errcode = 'AR503';
  end if;
  -- The administrator writes in the platform's log first, and then in the organization concerned.
  if app.org() is not null and not (current_user = 'armalo_admin' and app.org() = app.platform()) then
    raise exception 'this transaction has entered an organization' using errcode = 'AR503';
  end if;
  if coalesce(org, '') = '' or coalesce(actor, '') = '' or coalesce(request, '') = '' then
    raise exception 'organization, actor and request are needed' using errcode = 'AR503';
  end if;
  perform pg_catalog.set_config('app.org_id', org, true),
          pg_catalog.set_config('app.actor', actor, true),
          pg_catalog.set_config('app.request_id', request, true);
end $$;
--> statement-breakpoint

-- One row per organization: numbers its events without gaps, and proves that one was written in this transaction.
-- xid alone could match an old event once a dump is restored into a younger cluster; the time closes that.
create table audit_heads (
  org_id text primary key references organizations (id),
  seq bigint not null default 0,
  last_xid xid8,
  last_at timestamptz
);
--> statement-breakpoint
alter table audit_events
  add foreign key (org_id) references organizations (id),
  add constraint audit_events_idempotency_named check (idempotency_key is null or operation is not null);
--> statement-breakpoint
alter table security_events add foreign key (org_id) references organizations (id);
--> statement-breakpoint
alter table request_failures add foreign key (org_id) references organizations (id);
--> statement-breakpoint
create function app.add_head() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  insert into public.audit_heads (org_id) values (new.id);
  return null;
end $$;
--> statement-breakpoint
create trigger head after insert on organizations for each row execute function app.add_head();
--> statement-breakpoint

-- Actor, request, sequence and time come from the database, whatever the caller sends.
create function app.number_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if new.org_id is distinct from app.org() then
    raise exception 'an event of another organization' using errcode = 'AR503';
  end if;
  new.actor := current_setting('app.actor');
  new.request_id := current_setting('app.request_id');
  update public.audit_heads set seq = seq + 1, last_xid = pg_current_xact_id(), last_at = transaction_timestamp()
   where org_id = new.org_id returning seq into new.seq;
  if not found then
    raise exception 'no such organization' using errcode = 'AR503';
  end if;
  -- After the head's lock, so that time follows sequence; in milliseconds, all that a JavaScript Date has.
  new.at := date_trunc('milliseconds', clock_timestamp());
  return new;
end $$;
--> statement-breakpoint
create trigger number before insert on audit_events for each row execute function app.number_event();
--> statement-breakpoint
create function app.refuse() returns trigger language plpgsql as $$
begin
  raise exception '% on % is not allowed', tg_op, tg_table_name using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger immutable before update or delete or truncate on audit_events for each statement execute function app.refuse();
--> statement-breakpoint

-- A change needs an event of the row's organization in the same transaction. `tenant` rows say whose they are in org_id,
-- `self` is the organization's own row, `platform` rows are the platform's.
create function app.require_event() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  changed record;
  org text;
begin
  if tg_op = 'DELETE' then changed := old; else changed := new; end if;
  case tg_argv[0]
    when 'tenant' then org := changed.org_id;
    when 'self' then org := changed.id;
    when 'platform' then org := app.platform();
  end case;
  if not exists (select from public.audit_heads where org_id = org
                 and last_xid = pg_current_xact_id() and last_at = transaction_timestamp()) then
    raise exception 'unaudited % on %', tg_op, tg_table_name using errcode = 'AR001';
  end if;
  return changed;
end $$;
--> statement-breakpoint
-- A change that found nothing to change aborts its transaction, event and all.
create function app.require_match() returns trigger language plpgsql as $$
begin
  if not exists (select from changed) then
    raise exception 'no row matched on %', tg_table_name using errcode = 'AR409';
  end if;
  return null;
end $$;
--> statement-breakpoint

-- What later migrations call for each new table. fence: rows are seen and written by their organization alone.
create function app.fence(target regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security, force row level security', target);
  execute format('create policy tenant on %s to armalo_app, armalo_admin
                  using (org_id = (select app.org())) with check (org_id = (select app.org()))', target);
end $$;
--> statement-breakpoint
-- guard: fenced, and changed only with an event and only where something matches.
create function app.guard(target regclass) returns void language plpgsql as $$
begin
  perform app.fence(target);
  execute format('create trigger audited before insert or update or delete on %s
                  for each row execute function app.require_event(''tenant'')', target);
  execute format('create trigger matched_update after update on %s referencing new table as changed
                  for each statement execute function app.require_match()', target);
  execute format('create trigger matched_delete after delete on %s referencing old table as changed
                  for each statement execute function app.require_match()', target);
end $$;
--> statement-breakpoint
select app.guard('api_keys'), app.guard('agents'), app.guard('agent_versions'), app.guard('pacts'), app.guard('pact_checks'),
       app.guard('eval_suites'), app.guard('eval_runs'), app.guard('eval_cases'), app.guard('evidence'), app.guard('scores');
--> statement-breakpoint
-- Added with the change whose answer it is, and removed by app.purge.
select app.fence('idempotent_answers');
--> statement-breakpoint
create trigger audited before insert or update on idempotent_answers for each row execute function app.require_event('tenant');
--> statement-breakpoint
-- The log itself, and what is recorded beside it: by-products, which need no event.
select app.fence('audit_events'), app.fence('security_events'), app.fence('request_failures');
--> statement-breakpoint
alter table organizations enable row level security, force row level security;
--> statement-breakpoint
create policy tenant on organizations to armalo_app, armalo_admin using (id = (select app.org())) with check (id = (select app.org()));
--> statement-breakpoint
-- A new organization has its head, and so its first event, only after its row: that check waits for the commit.
create constraint trigger audited_insert after insert on organizations deferrable initially deferred
  for each row execute function app.require_event('self');
--> statement-breakpoint
create trigger audited before update or delete on organizations for each row execute function app.require_event('self');
--> statement-breakpoint
create trigger matched_update after update on organizations referencing new table as changed
  for each statement execute function app.require_match();
--> statement-breakpoint
alter table organizations add constraint organizations_data_key check (wrapped_data_key <> '' or id = app.platform());
--> statement-breakpoint
create trigger audited before insert or update or delete on platform_suites
  for each row execute function app.require_event('platform');
--> statement-breakpoint
-- Touched by the definer triggers only, which run as its owner: so enabled, not forced, and granted to nobody.
alter table audit_heads enable row level security;
--> statement-breakpoint

-- An activated pact keeps what was promised, and leaves its state only for a later one.
create function app.keep_promise() returns trigger language plpgsql as $$
begin
  raise exception 'an activated pact is frozen' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger frozen before update on pacts for each row
  when (old.state <> 'draft' and (
        (new.conditions, new.name, new.description, new.digest, new.version, new.lineage_id, new.agent_id, new.activated_at)
        is distinct from (old.conditions, old.name, old.description, old.digest, old.version, old.lineage_id, old.agent_id, old.activated_at)
        or (new.state <> old.state and not (old.state = 'active' and new.state in ('superseded', 'retired')))))
  execute function app.keep_promise();
--> statement-breakpoint
-- A key that has an end keeps it, or gets an earlier one.
create function app.keep_end() returns trigger language plpgsql as $$
begin
  raise exception 'a key does not live on beyond its end' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger mortal before update on api_keys for each row
  when ((old.revoked_at is not null and new.revoked_at is distinct from old.revoked_at)
        or (old.expires_at is not null and (new.expires_at is null or new.expires_at > old.expires_at)))
  execute function app.keep_end();
--> statement-breakpoint

grant select on organizations, platform_suites to armalo_app;
--> statement-breakpoint
grant select, insert on audit_events, security_events, request_failures, idempotent_answers, agent_versions, pact_checks,
  eval_suites, eval_cases, evidence, scores to armalo_app;
--> statement-breakpoint
grant select, insert, update on agents, pacts, eval_runs to armalo_app;
--> statement-breakpoint
-- What a key may do was decided when it was made.
grant select, insert, update (expires_at, revoked_at) on api_keys to armalo_app;
--> statement-breakpoint
grant select, insert on organizations, api_keys, audit_events to armalo_admin;
--> statement-breakpoint
-- live or test, and the id, are an organization's for good.
grant update (name, plan, wrapped_data_key) on organizations to armalo_admin;
--> statement-breakpoint
grant select, insert, update on platform_suites to armalo_admin;
--> statement-breakpoint

-- What crosses tenants: narrow functions of a role that can do this and nothing more. Each returns ids or counts; the work
-- itself then enters the organization.
create policy system_sweep on eval_runs for select to armalo_system using (status in ('queued', 'running'));
--> statement-breakpoint
create policy system_list on organizations for select to armalo_system using (true);
--> statement-breakpoint
create policy system_purge on request_failures to armalo_system using (at < now() - interval '30 days') with check (false);
--> statement-breakpoint
create policy system_purge on idempotent_answers to armalo_system using (created_at < now() - interval '24 hours') with check (false);
--> statement-breakpoint
grant select on eval_runs, organizations to armalo_system;
--> statement-breakpoint
grant select, delete on request_failures, idempotent_answers to armalo_system;
--> statement-breakpoint
-- Runs that nobody has touched since `before`, the oldest first.
create function app.open_runs(before timestamptz, most integer) returns table (org_id text, id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select r.org_id, r.id from public.eval_runs r
   where r.status in ('queued', 'running') and r.updated_at < before
   order by r.updated_at limit least(most, 500)
$$;
--> statement-breakpoint
create function app.organization_ids() returns table (org_id text)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
  select id from public.organizations where id <> app.platform() order by id
$$;
--> statement-breakpoint
-- Removes failure records after 30 days and stored answers after 24 hours, a bounded number at a time.
create function app.purge(out failures bigint, out answers bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  delete from public.request_failures where ctid in
    (select ctid from public.request_failures where at < now() - interval '30 days' limit 5000);
  get diagnostics failures = row_count;
  delete from public.idempotent_answers where ctid in
    (select ctid from public.idempotent_answers where created_at < now() - interval '24 hours' limit 5000);
  get diagnostics answers = row_count;
end $$;
--> statement-breakpoint
-- What /ready asks, as the Worker's own role; `expected` is the number of migrations that the Worker was built with.
create function app.ready(expected integer default 1) returns table (item text, ok boolean) language sql stable as $$
  select 'role is bound by row security',
         not exists (select from pg_catalog.pg_roles where rolname = current_user and (rolsuper or rolbypassrls))
  union all
  select 'role owns no table',
         not exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                      where n.nspname in ('public', 'app') and pg_catalog.pg_has_role(c.relowner, 'USAGE'))
  union all
  select 'row security is forced on every table of tenants',
         not exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                      where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relname <> 'platform_suites'
                        and pg_catalog.has_table_privilege(c.oid, 'select, insert, update, delete')
                        and not (c.relrowsecurity and c.relforcerowsecurity))
  union all
  select 'migrations are applied', (select count(*) from drizzle.__drizzle_migrations) >= expected
$$;
--> statement-breakpoint
grant usage on schema drizzle to armalo_app;
--> statement-breakpoint
grant select on drizzle.__drizzle_migrations to armalo_app;
--> statement-breakpoint

-- PostgreSQL asks CREATE of a function's new owner.
grant create on schema app to armalo_system;
--> statement-breakpoint
alter function app.open_runs(timestamptz, integer) owner to armalo_system;
--> statement-breakpoint
alter function app.organization_ids() owner to armalo_system;
--> statement-breakpoint
alter function app.purge() owner to armalo_system;
--> statement-breakpoint
revoke create on schema app from armalo_system;
--> statement-breakpoint
revoke all on all functions in schema app from public;
--> statement-breakpoint
grant execute on function app.org(), app.platform() to armalo_app, armalo_admin, armalo_system;
--> statement-breakpoint
grant execute on function app.enter(text, text, text) to armalo_app, armalo_admin;
--> statement-breakpoint
grant execute on function app.open_runs(timestamptz, integer), app.purge(), app.ready(integer) to armalo_app;
--> statement-breakpoint
grant execute on function app.organization_ids() to armalo_admin;
--> statement-breakpoint

-- The platform's own organization. It seals nothing, so it has no data key.
do $$ begin
  perform set_config('app.org_id', app.platform(), true), set_config('app.actor', 'system:migration', true),
          set_config('app.request_id', 'migration', true);
  insert into organizations (id, name, plan, environment, wrapped_data_key)
    values (app.platform(), 'Armalo platform', 'enterprise', 'live', '');
  insert into audit_events (org_id, id, action, resource, change)
    values (app.platform(), 'aud_0000000000000000000000', 'organization.created', app.platform(),
            'sha256:' || encode(sha256(convert_to('{}', 'UTF8')), 'hex'));
  set constraints all immediate;
  perform set_config('app.org_id', '', true);
end $$;
