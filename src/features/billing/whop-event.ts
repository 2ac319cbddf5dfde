import { z } from "@hono/zod-openapi";
import type { Plan } from "../../access/plans.ts";
import { sha256Digest } from "../../crypto/digest.ts";
import type { ProviderDelivery } from "../../http/operation.ts";
import { parseJson } from "../../http/read-body.ts";
import { readEvent, type ProviderEvent } from "../provider-events/index.ts";
import { EventText, Named } from "./event-text.ts";
import type { Word } from "./subscription.ts";
import type { Telling } from "./take-word.ts";

// Whop's events, as `UnwrapWebhookEvent` of @whop/sdk describes them, and as WhopWebhookRequestBody of @whop/api did: there the type is
// `action`, ids stand beside their objects, and there is no time. Whatever else they hold is passed over.

const Envelope = z
  .object({
    type: EventText.optional(),
    action: EventText.optional(),
    timestamp: z.iso.datetime({ offset: true }).optional(),
    data: z.unknown(),
  })
  .refine(({ type, action }) => (type ?? action) !== undefined, { path: ["type"], message: "missing" });

const Sold = { plan: Named.nullish(), plan_id: EventText.nullish(), metadata: z.record(z.string(), z.unknown()).nullish() };
const Membership = z.object({ id: EventText, status: EventText, ...Sold });
const Payment = z.object({ membership: Named.nullish(), membership_id: EventText.nullish(), ...Sold });

/** Where our reference stands in a checkout's metadata, which Whop copies to the membership and its payments. */
export const referenceName = "armalo";

/** Of a membership whose payment is owed: not over yet. */
const owed = new Set(["past_due", "unresolved"]);

type Read = { readonly event: ProviderEvent & { readonly provider: "whop" }; readonly telling: Telling | undefined };

/** What Whop tells; without a `telling` where it is of nothing that changes a plan. Throws invalid_request for what has not Whop's form. */
export async function readWhopEvent(
  { deliveryId, signedAt, body }: ProviderDelivery,
  plans: Readonly<Record<string, Plan>>,
): Promise<Read> {
  const { type, action, timestamp, data } = readEvent(Envelope, parseJson(body));
  const name = type ?? action ?? "";
  const at = timestamp === undefined ? signedAt : new Date(timestamp);
  const event = { provider: "whop", eventId: deliveryId ?? (await sha256Digest(body)), type: name, occurredAt: at } as const;
  const said = readData(name, data);
  if (said === undefined) return { event, telling: undefined };
  const { says, externalId, sold } = said;
  const planId = sold.plan?.id ?? sold.plan_id ?? "";
  const plan = Object.hasOwn(plans, planId) ? plans[planId] : undefined;
  return { event, telling: { event, externalId, reference: sold.metadata?.[referenceName], word: { says, at, plan } } };
}

type Said = { readonly says: Word["says"]; readonly externalId: string; readonly sold: z.output<typeof Membership | typeof Payment> };

function readData(type: string, data: unknown): Said | undefined {
  switch (type) {
    case "membership.activated":
    case "membership.went_valid":
      return ofMembership(data, () => "live");
    case "membership.deactivated":
    case "membership.went_invalid":
      return ofMembership(data, (status) => (owed.has(status) ? "failed" : "ended"));
    case "payment.succeeded":
      return ofPayment(data, "paid");
    case "payment.failed":
      return ofPayment(data, "failed");
    default:
      return undefined;
  }
}

function ofMembership(data: unknown, says: (status: string) => Word["says"]): Said {
  const sold = readEvent(Membership, data);
  return { says: says(sold.status), externalId: sold.id, sold };
}

/** A payment for what is no membership changes no plan. */
function ofPayment(data: unknown, says: Word["says"]): Said | undefined {
  const sold = readEvent(Payment, data);
  const externalId = sold.membership?.id ?? sold.membership_id ?? undefined;
  return externalId === undefined ? undefined : { says, externalId, sold };
}
