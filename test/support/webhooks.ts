import { env } from "cloudflare:workers";
import type { Plan } from "../../src/access/plans.ts";
import { requireEnvironment } from "../../src/env.ts";
import { actAsSystem } from "../../src/access/system-principal.ts";
import { openSigners, selectSigningSecrets } from "../../src/webhooks/endpoint-secrets.ts";
import { signDelivery } from "../../src/webhooks/sign.ts";
import { setPlan as grantPlan } from "./harness.ts";
import type { TestOrganization } from "./organization.ts";
import { openReceiver, type Receiver } from "./webhook-receiver.ts";

type Wish = { readonly scheme?: "v1" | "v1a"; readonly eventTypes?: readonly string[]; readonly url?: string };

/** A new endpoint of an organization, at a receiver of its own. */
export async function newEndpoint(
  org: TestOrganization,
  wish: Wish = {},
): Promise<{ endpointId: string; path: string; secret: string; receiver: Receiver }> {
  const receiver = await openReceiver();
  const made = await org.call("POST", "/v1/webhook-endpoints", { url: receiver.url, eventTypes: [], ...wish });
  if (made.status !== 201) throw new Error(made.text);
  return { endpointId: made.body.id, path: `/v1/webhook-endpoints/${made.body.id}`, secret: made.body.secret, receiver };
}

/** The `webhook-signature` that a delivery of an endpoint would carry at a moment. */
export async function signatureAt(org: TestOrganization, endpointId: string, now: Date, id: string, payload: string): Promise<string> {
  const { tenant, openBox } = await actAsSystem(requireEnvironment(env), org.orgId, "system:test");
  const [rows] = await tenant.read((db) => [selectSigningSecrets(db, endpointId, now)]);
  return signDelivery(await openSigners(openBox(), rows), id, Math.floor(now.getTime() / 1000), payload);
}

/** Another plan, in the database and in the gate. */
export async function setPlan(org: TestOrganization, plan: Plan): Promise<void> {
  await grantPlan(org.orgId, plan);
  await env.GATE.get(env.GATE.idFromName(org.orgId)).forget();
}
