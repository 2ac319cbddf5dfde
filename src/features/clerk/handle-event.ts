import type { z } from "@hono/zod-openapi";
import type { ProviderContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { parseJson } from "../../http/read-body.ts";
import { rememberEvent, withoutConflict, type Outcome } from "../provider-events/index.ts";
import type { ClerkCall } from "./call.ts";
import { closeOrganization, createOrganization, renameOrganizationTo } from "./organizations.ts";
import { ClerkEvent, Deleted, Organization } from "./schemas.ts";

/**
 * What Clerk tells, brought about once. Throws invalid_request where an event that is known has a form that is not, and 503 where it has to
 * be told again: Clerk repeats both, and shows its operator that it did.
 */
export function handleClerkEvent(context: ProviderContext): Promise<Outcome> {
  const { delivery, env, requestId, meter, now } = context;
  const { type, timestamp: occurredAt, data } = read(ClerkEvent, parseJson(delivery.body));
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
    default:
      return (call) => rememberEvent(call, undefined, call.event, "ignored");
  }
}

function about<S extends z.ZodType>(schema: S, data: unknown, act: (call: ClerkCall, told: z.output<S>) => Promise<Outcome>): Act {
  const told = read(schema, data);
  return (call) => act(call, told);
}

/** Only the names of what is wrong are told and logged: what an event holds are people's names. */
function read<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const paths = result.error.issues.map(({ path }) => ["body", ...path.map(String)].join("."));
  throw problem("invalid_request", "not an event as Clerk's are", { errors: paths.map((path) => ({ path, message: "Not as expected." })) });
}
