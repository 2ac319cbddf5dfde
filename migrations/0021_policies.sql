CREATE INDEX "invocations_policy" ON "invocations" USING btree ("org_id","policy_id","created_at","id");
