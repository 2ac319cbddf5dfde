-- A receipt follows the one before it. One that came too late is told which is the last, and what came in between, so that it can be
-- signed again without another read.
create or replace function app.follow_chain() returns trigger language plpgsql as $$
declare
  last record;
  told text;
begin
  select number, digest into last from public.receipts
   where org_id = new.org_id and agent_id = new.agent_id order by number desc limit 1;
  if new.number = 1 + coalesce(last.number, 0) then
    return new;
  end if;
  select jsonb_build_object('number', last.number, 'digest', last.digest, 'between', jsonb_agg(distinct action)) into told
    from public.receipts where org_id = new.org_id and agent_id = new.agent_id and number >= new.number;
  raise exception 'receipt % does not follow the last one', new.number
    using errcode = '23505', constraint = 'receipts_chain', detail = coalesce(told, '');
end $$;
--> statement-breakpoint

-- What cannot have happened together (receipts/receipt.ts). Not asked of rows from before: they are signed as they are.
alter table receipts
  add constraint receipts_prevented check ((disposition in ('blocked', 'denied')) = (effect is null)) not valid,
  add constraint receipts_confirmed check (effect <> 'confirmed' or (mode = 'production' and disposition = 'executed')) not valid,
  add constraint receipts_dry_run check (effect <> 'attempted' or mode <> 'dry_run') not valid;
--> statement-breakpoint
-- In hours: how long a day is depends on a session's time zone.
alter table attestations add constraint attestations_lifetime
  check (expires_at > issued_at and expires_at <= issued_at + interval '2160 hours') not valid;
--> statement-breakpoint
alter table attestation_shares add constraint attestation_shares_lifetime check (expires_at <= created_at + interval '720 hours') not valid;
--> statement-breakpoint

-- What was signed stays as it was signed, and a revocation is for good: also where the owner would have it otherwise.
create function app.keep_statement() returns trigger language plpgsql as $$
begin
  raise exception 'what is signed or revoked stays so' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger frozen before update on attestations for each row
  when (old.revoked_at is not null
        or to_jsonb(new) - array['revoked_at', 'revoked_reason', 'revision'] <> to_jsonb(old) - array['revoked_at', 'revoked_reason', 'revision'])
  execute function app.keep_statement();
--> statement-breakpoint
create trigger frozen before update on agent_keys for each row
  when (old.revoked_at is not null or to_jsonb(new) - array['revoked_at', 'revision'] <> to_jsonb(old) - array['revoked_at', 'revision'])
  execute function app.keep_statement();
--> statement-breakpoint
revoke all on function app.keep_statement() from public;
