import { plans } from "../../access/plans.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { newEndpointSecret } from "../../webhooks/endpoint-secrets.ts";
import { freshHealth, toEndpoint, type NewEndpointRow } from "./endpoint.ts";
import { requireTarget } from "./require-target.ts";
import type { CreateEndpointInput, IssuedEndpointView } from "./schemas.ts";
import { insertEndpoint, insertHealth, insertSecret, requireWithin } from "./store.ts";

/** An endpoint that is told of what its list names from now on. Its secret is in this answer, and in no other one. */
export async function createEndpoint(
  context: WriteContext<"webhook_endpoint.created">,
  input: CreateEndpointInput,
): Promise<IssuedEndpointView> {
  const { tenant, principal, plan, box, now } = context;
  requireWholeOrganization(principal);
  const { webhookEndpoints: most } = plans[plan];
  const full = () => problem("plan_limit", `the plan allows ${most} webhook endpoints`);
  if (most === 0) throw full();
  const url = await requireTarget(context, input.url);
  const endpoint: NewEndpointRow = {
    ...input,
    id: newId("webhookEndpoint"),
    url,
    status: "enabled",
    disabledReason: null,
    secretVersion: 1,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  const secret = await newEndpointSecret(box, endpoint, endpoint.secretVersion, now);
  const view = toEndpoint({ endpoint, health: freshHealth, signing: [secret.row] }, plan);
  const event = { action: "webhook_endpoint.created", resource: endpoint.id, change: view, answer: { ...view, secret: null } } as const;
  try {
    await tenant.write(event, (db) => [
      insertEndpoint(db, endpoint),
      insertHealth(db, endpoint.id),
      insertSecret(db, secret),
      requireWithin(db, endpoint.id, most),
    ]);
  } catch (thrown) {
    // requireWithin is the only statement here that may match nothing.
    if (thrown instanceof Problem && thrown.code === "state_conflict") throw full();
    throw thrown;
  }
  return { ...view, secret: secret.shown };
}
