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
