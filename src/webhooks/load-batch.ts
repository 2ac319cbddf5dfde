import { openSystemDb, selectOrganization } from "../access/system-principal.ts";
import { allowsWebhooks } from "../access/plans.ts";
import { openSealedBox } from "../crypto/sealed-box.ts";
import type { Environment } from "../env.ts";
import { cancelUnlessTaken, selectDue, selectNextDue, selectTarget } from "./delivery-queries.ts";
import { openSigners, selectSigningSecrets } from "./endpoint-secrets.ts";
import type { Health } from "./outcome.ts";
import type { EndpointAddress } from "./poke-endpoint.ts";
import type { Sendable, Target } from "./send-delivery.ts";

export type Tenant = ReturnType<typeof openSystemDb>;

/** What is sent at a time: no more than one statement records and one answer of the database carries. */
const batchSize = 50;

export type Batch =
  /** The endpoint takes nothing, or is not there any more: what waited for it is cancelled. */
  | { readonly kind: "closed" }
  /** Nothing is due before `nextDue`; at no time, where it is undefined. */
  | { readonly kind: "idle"; readonly nextDue: Date | undefined }
  | {
      readonly kind: "due";
      readonly due: readonly Sendable[];
      readonly target: Target;
      readonly health: Health;
      readonly revision: number;
    };

export const openDelivererDb = (env: Environment, { orgId }: EndpointAddress): Tenant => openSystemDb(env, orgId, "system:webhooks");

/** Reads what is due for an endpoint, and all that sending it needs: one round trip. */
export async function loadBatch(env: Environment, tenant: Tenant, { orgId, endpointId }: EndpointAddress, now: Date): Promise<Batch> {
  const [[organization], [endpoint], secrets, due, [next]] = await tenant.read((db) => [
    selectOrganization(db),
    selectTarget(db, endpointId),
    selectSigningSecrets(db, endpointId, now),
    selectDue(db, endpointId, now, batchSize),
    selectNextDue(db, endpointId),
  ]);
  const nextDue = next?.at ?? undefined;
  const takesAny = organization !== undefined && allowsWebhooks(organization.plan) && endpoint?.status === "enabled";
  if (!takesAny) {
    if (nextDue !== undefined) await tenant.record((db) => [cancelUnlessTaken(db, endpointId)]);
    return { kind: "closed" };
  }
  if (due.length === 0) return { kind: "idle", nextDue };
  const signers = await openSigners(openSealedBox(env.encryptionKeys, orgId, organization.wrappedDataKey), secrets);
  const { url, revision, ...health } = endpoint;
  return { kind: "due", due, target: { url, signers }, health, revision };
}
