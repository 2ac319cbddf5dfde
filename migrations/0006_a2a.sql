CREATE TABLE "agent_cards" (
	"org_id" text NOT NULL,
	"agent_id" text NOT NULL,
	"url" text NOT NULL,
	"digest" text NOT NULL,
	"protocol_version" text NOT NULL,
	"signature" text NOT NULL,
	"card_key_id" text,
	"imported_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "agent_cards_org_id_agent_id_pk" PRIMARY KEY("org_id","agent_id")
);
--> statement-breakpoint
CREATE TABLE "card_keys" (
	"org_id" text NOT NULL,
	"id" text NOT NULL,
	"kid" text NOT NULL,
	"label" text NOT NULL,
	"thumbprint" text NOT NULL,
	"algorithm" text NOT NULL,
	"jwk" jsonb NOT NULL,
	"pinned_at" timestamp (3) with time zone NOT NULL,
	"unpinned_at" timestamp (3) with time zone,
	"revision" integer NOT NULL,
	CONSTRAINT "card_keys_org_id_id_pk" PRIMARY KEY("org_id","id")
);
--> statement-breakpoint
ALTER TABLE "agent_cards" ADD CONSTRAINT "agent_cards_org_id_agent_id_agents_org_id_id_fk" FOREIGN KEY ("org_id","agent_id") REFERENCES "public"."agents"("org_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agent_cards" ADD CONSTRAINT "agent_cards_org_id_card_key_id_card_keys_org_id_id_fk" FOREIGN KEY ("org_id","card_key_id") REFERENCES "public"."card_keys"("org_id","id") ON DELETE no action ON UPDATE no action;
--> statement-breakpoint
select app.guard('card_keys'), app.guard('agent_cards');
--> statement-breakpoint
-- A card is verified with a key, and with no key it is not.
alter table agent_cards add constraint agent_cards_signer check ((signature = 'verified') = (card_key_id is not null));
--> statement-breakpoint
-- What was imported, and how it was judged then, is never changed, also not by the owner.
create trigger immutable before update or delete or truncate on agent_cards for each statement execute function app.refuse();
--> statement-breakpoint
grant select, insert on card_keys, agent_cards to armalo_app;
--> statement-breakpoint
grant update (unpinned_at, revision) on card_keys to armalo_app;
