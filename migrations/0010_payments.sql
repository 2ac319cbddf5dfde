CREATE TABLE "payment_receipts" (
	"org_id" text NOT NULL,
	"payment_id" text NOT NULL,
	"number" integer NOT NULL,
	"id" text NOT NULL,
	"outcome" text NOT NULL,
	"statement" text NOT NULL,
	"dsse_signature" text NOT NULL,
	"digest" text NOT NULL,
	"kid" text NOT NULL,
	"event_seq" bigint DEFAULT 0 NOT NULL,
	"change_digest" text NOT NULL,
	"issued_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "payment_receipts_org_id_payment_id_number_pk" PRIMARY KEY("org_id","payment_id","number")
);
--> statement-breakpoint
CREATE TABLE "payments" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"network" text NOT NULL,
	"asset" text NOT NULL,
	"payer" text NOT NULL,
	"pay_to" text NOT NULL,
	"amount" text NOT NULL,
	"transaction" text NOT NULL,
	"nonce" text NOT NULL,
	"operation" text NOT NULL,
	"resource" text NOT NULL,
	"outcome" text NOT NULL,
	"settled_at" timestamp (3) with time zone NOT NULL,
	"revision" integer NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "payments_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "payment_receipts" ADD CONSTRAINT "payment_receipts_org_id_payment_id_payments_org_id_id_fk" FOREIGN KEY ("org_id","payment_id") REFERENCES "public"."payments"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "payment_receipts_events" ON "payment_receipts" USING btree ("org_id","event_seq");--> statement-breakpoint
CREATE INDEX "payments_page" ON "payments" USING btree ("org_id","settled_at","id");
--> statement-breakpoint

select app.guard('payments'), app.guard('payment_receipts');
--> statement-breakpoint
-- Who pays has no organization: what is paid is the installation's, and so is its record.
alter table payments
  add foreign key (org_id) references organizations (id),
  add constraint payments_platform check (org_id = app.platform()),
  add constraint payments_outcome check (outcome in ('delivered', 'credited', 'reversed'));
--> statement-breakpoint
alter table payment_receipts add constraint payment_receipts_outcome check (outcome in ('delivered', 'credited', 'reversed'));
--> statement-breakpoint
-- What was paid, by whom and for what stays as it was; only what became of it changes.
create function app.keep_payment() returns trigger language plpgsql as $$
begin
  raise exception 'a payment keeps its terms, and one that was reversed stays so' using errcode = 'AR002';
end $$;
--> statement-breakpoint
create trigger frozen before update on payments for each row
  when ((new.network, new.asset, new.payer, new.pay_to, new.amount, new.nonce, new.operation, new.resource, new.settled_at)
        is distinct from (old.network, old.asset, old.payer, old.pay_to, old.amount, old.nonce, old.operation, old.resource, old.settled_at)
        or old.outcome = 'reversed' or (old.outcome = 'delivered' and new.outcome <> 'reversed'))
  execute function app.keep_payment();
--> statement-breakpoint
create trigger immutable before delete or truncate on payments for each statement execute function app.refuse();
--> statement-breakpoint
create trigger immutable before update or delete or truncate on payment_receipts for each statement execute function app.refuse();
--> statement-breakpoint
create trigger stamped before insert on payment_receipts for each row execute function app.stamp_event();
--> statement-breakpoint
revoke all on function app.keep_payment() from public;
--> statement-breakpoint
grant select, insert on payments, payment_receipts to armalo_app;
--> statement-breakpoint
grant update (transaction, outcome, revision, updated_at) on payments to armalo_app;
