import type { WebhookEvent } from "@clerk/backend";
import { z } from "zod";
import { ownerSees } from "../../support/harness.ts";
import { deliver } from "../../support/deliver.ts";
import type { Answer } from "../../support/organization.ts";

let made = 0;
/** A name at Clerk that no other test has. */
export const newName = (kind: "org" | "user" | "orgmem"): string => `${kind}_${crypto.randomUUID().replaceAll("-", "")}${(made += 1)}`;

type EventType = WebhookEvent["type"];

/** Has Clerk tell something, at a time of its own clock. */
export const tell = (type: EventType, data: unknown, timestamp: number, id?: string): Promise<Answer> =>
  deliver(
    "clerk",
    { type, object: "event", data, timestamp, instance_id: "ins_1", event_attributes: { http_request: { client_ip: "192.0.2.1" } } },
    id === undefined ? {} : { id },
  );

export const organizationAt = (id: string, name: string) => ({ object: "organization", id, name, slug: "acme", created_by: "user_1" });

/** The organization here that Clerk's is linked to. */
export const linkedOrganization = async (externalId: string): Promise<string | undefined> => {
  const rows = await ownerSees("select org_id from provider_links where provider = 'clerk' and external_id = $1", externalId);
  return z.array(z.object({ org_id: z.string() })).parse(rows)[0]?.org_id;
};

export const actionsOf = async (orgId: string): Promise<unknown[]> =>
  (await ownerSees("select action from audit_events where org_id = $1 order by seq", orgId)).map(({ action }) => action);

export const nameOf = async (orgId: string): Promise<unknown> =>
  (await ownerSees("select name from organizations where id = $1", orgId))[0]?.name;

type Person = { readonly userId: string; readonly email: string; readonly name?: readonly [first: string, last: string] };

export const newPerson = (): Person => {
  const userId = newName("user");
  return { userId, email: `${userId}@example.test`, name: ["Ada", `Lovelace ${made}`] };
};

export const membershipOf = (organizationId: string, { userId, email, name }: Person, role = "org:operator") => ({
  object: "organization_membership",
  id: `orgmem_${userId}`,
  role,
  organization: organizationAt(organizationId, "Acme"),
  public_user_data: { user_id: userId, identifier: email, first_name: name?.[0] ?? null, last_name: name?.[1] ?? null, has_image: false },
});

export const userAt = ({ userId, email, name }: Person) => ({
  object: "user",
  id: userId,
  username: null,
  first_name: name?.[0] ?? null,
  last_name: name?.[1] ?? null,
  primary_email_address_id: "idn_2",
  email_addresses: [
    { id: "idn_1", email_address: `old.${email}` },
    { id: "idn_2", email_address: email },
  ],
});

/** An organization that Clerk has told of, as of time 1,000. */
export async function newClerkOrganization(): Promise<{ readonly externalId: string; readonly orgId: string; readonly address: string }> {
  const externalId = newName("org");
  await tell("organization.created", organizationAt(externalId, "Acme"), 1_000);
  const [a, b] = crypto.getRandomValues(new Uint8Array(2));
  return { externalId, orgId: (await linkedOrganization(externalId)) ?? "", address: `198.51.${a}.${b}` };
}

const Members = z.array(
  z.object({
    id: z.string(),
    role: z.string(),
    status: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    salt: z.string().nullable(),
    profile_removed: z.boolean().nullable(),
  }),
);

/** Everyone who is or was a member, the first who came first. */
export const membersOf = async (orgId: string): Promise<z.output<typeof Members>> =>
  Members.parse(
    await ownerSees(
      `select m.id, m.role, m.status, p.email, p.name, p.salt, p.removed_at is not null as profile_removed
         from members m left join member_profiles p on p.org_id = m.org_id and p.member_id = m.id
        where m.org_id = $1 order by m.created_at, m.id`,
      orgId,
    ),
  );
