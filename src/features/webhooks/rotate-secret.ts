import { requireMinter, requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { newEndpointSecret } from "../../webhooks/endpoint-secrets.ts";
import { haltEndpoint } from "../../webhooks/poke-endpoint.ts";
import { afterRotation, toEndpoint } from "./endpoint.ts";
import { loadEndpoint } from "./load-endpoint.ts";
import type { IssuedEndpointView } from "./schemas.ts";
import { endSecrets, insertSecret, updateEndpoint } from "./store.ts";

/**
 * A new secret, which signs from now on; the one before it signs beside it for 24 hours, so that its holder has that long to change. One
 * that was still signing from an earlier rotation ends at once: two sign at most, the newest two.
 */
export async function rotateSecret(context: WriteContext<"webhook_endpoint.secret_rotated">, id: string): Promise<IssuedEndpointView> {
  const { tenant, principal, plan, box, env, now } = context;
  requireMinter(principal);
  requireWholeOrganization(principal);
  const { endpoint, health, signing: standing } = await loadEndpoint(context, id);
  const { secretVersion: former } = endpoint;
  const secret = await newEndpointSecret(box, endpoint, former + 1, now);
  const { formerUntil, signing } = afterRotation(standing, secret.row, now);
  const change = { secretVersion: secret.row.version };
  const view = toEndpoint({ endpoint: { ...endpoint, ...change, updatedAt: now }, health, signing }, plan);
  const event = { action: "webhook_endpoint.secret_rotated", resource: id, change: view, answer: { ...view, secret: null } } as const;
  await tenant.write(event, (db) => [
    updateEndpoint(db, endpoint, change, now),
    endSecrets(db, id, former, formerUntil, now),
    insertSecret(db, secret),
  ]);
  await haltEndpoint(env, { orgId: tenant.orgId, endpointId: id });
  return { ...view, secret: secret.shown };
}
