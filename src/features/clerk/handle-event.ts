import type { z } from "@hono/zod-openapi";
import type { ProviderContext } from "../../http/operation.ts";
import { parseJson } from "../../http/read-body.ts";
import { readEvent, rememberEvent, withoutConflict, type Outcome } from "../provider-events/index.ts";
import type { ClerkCall } from "./call.ts";
import { closeOrganization, createOrganization, renameOrganizationTo } from "./organizations.ts";
import { endMembership, setMembership } from "./memberships.ts";
import { ClerkEvent, Deleted, Membership, Organization, User } from "./schemas.ts";
import { endUser, renameUser } from "./users.ts";

/**
 * What Clerk tells, brought about once. Throws invalid_request where an event that is known has a form that is not, and 503 where it has to
 * be told again: Clerk repeats both, and shows its operator that it did.
 */
export function handleClerkEvent(context: ProviderContext): Promise<Outcome> {
  const { delivery, env, requestId, meter, now } = context;
  const { type, timestamp: occurredAt, data } = readEvent(ClerkEvent, parseJson(delivery.body));
  const event = { provider: "clerk", eventId: delivery.deliveryId ?? "", type, occurredAt } as const;
  const act = effectOf(type, data);
  return withoutConflict(() => act({ env, requestId, meter, now, event }));
}

type Act = (call: ClerkCall) => Promise<Outcome>;

function effectOf(type: string, data: unknown): Act {
  switch (type) {
    case "organization.created":
      return about(Organization, data, createOrganization);
    case "organization.updated":
      return about(Organization, data, renameOrganizationTo);
    case "organization.deleted":
      return about(Deleted, data, closeOrganization);
    case "organizationMembership.created":
    case "organizationMembership.updated":
      return about(Membership, data, setMembership);
    case "organizationMembership.deleted":
      return about(Membership, data, endMembership);
    case "user.updated":
      return about(User, data, renameUser);
    case "user.deleted":
      return about(Deleted, data, endUser);
    default:
      return (call) => rememberEvent(call, undefined, call.event, "ignored");
  }
}

function about<S extends z.ZodType>(schema: S, data: unknown, act: (call: ClerkCall, told: z.output<S>) => Promise<Outcome>): Act {
  const told = readEvent(schema, data);
  return (call) => act(call, told);
}
