import { z } from "@hono/zod-openapi";
import { roleOfClerk } from "../../access/dashboard-session.ts";
import { isStorable } from "../../expressions/json.ts";

// Clerk's events, as `WebhookEvent` of @clerk/backend describes them: only what is used here, and whatever else they hold is passed over.

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((value) => isStorable(value), "not storable");
const ExternalId = text(200);
const Name = text(1000);
const latestMs = 253_402_300_799_999;

export const ClerkEvent = z.object({
  type: text(100),
  /** When it happened: milliseconds since 1970. */
  timestamp: z
    .int()
    .positive()
    .max(latestMs)
    .transform((ms) => new Date(ms)),
  data: z.unknown(),
});

export const Deleted = z.object({ id: ExternalId });
export const Organization = z.object({ id: ExternalId, name: Name });

const Person = { first_name: text(500).nullish().catch(null), last_name: text(500).nullish().catch(null) };
const fullName = (person: { readonly first_name?: string | null | undefined; readonly last_name?: string | null | undefined }) =>
  [person.first_name, person.last_name].filter((part) => (part ?? "") !== "").join(" ") || null;
/** Addresses are compared here, and Clerk's are its users' own spelling. */
const normalize = (address: string): string => address.trim().toLowerCase();

/** What names a person. `email`: the address, or what else Clerk tells people apart by, where they gave none. */
export type Named = { readonly email: string; readonly name: string | null };

export const Membership = z
  .object({
    role: z.string(),
    organization: z.object({ id: ExternalId }),
    public_user_data: z.object({ user_id: ExternalId, identifier: text(500).nullish(), ...Person }),
  })
  .transform(({ role, organization, public_user_data: user }) => ({
    organizationId: organization.id,
    userId: user.user_id,
    role: roleOfClerk(role),
    named: { email: normalize(user.identifier ?? user.user_id), name: fullName(user) } satisfies Named,
  }));
export type Membership = z.output<typeof Membership>;

export const User = z
  .object({
    id: ExternalId,
    username: text(500).nullish(),
    primary_email_address_id: z.string().nullish(),
    email_addresses: z.array(z.object({ id: z.string(), email_address: text(500) })).default([]),
    ...Person,
  })
  .transform((user) => {
    const primary = user.email_addresses.find(({ id }) => id === user.primary_email_address_id) ?? user.email_addresses[0];
    const named: Named = { email: normalize(primary?.email_address ?? user.username ?? user.id), name: fullName(user) };
    return { id: user.id, named };
  });
export type User = z.output<typeof User>;
