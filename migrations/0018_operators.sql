-- What may be attested is decided by an organization's operators, signed in: no longer by the administrator's command alone.
grant insert on claim_policies to armalo_app;
