-- What is retired stays so; that its tool was seen to differ may still be told by a call that was on its way when it was retired.
drop trigger frozen on capabilities;
--> statement-breakpoint
create trigger frozen before update on capabilities for each row
  when (old.status = 'retired'
        and (new.status, new.version, new.credential_version, new.description) is distinct from
            (old.status, old.version, old.credential_version, old.description))
  execute function app.keep_removed();
