import { eq } from "drizzle-orm";
import type { Action } from "../audit/actions.ts";
import { pokeLog } from "../audit/poke-log.ts";
import { openSealedBox, type SealedBox } from "../crypto/sealed-box.ts";
import { databaseClient } from "../db/client.ts";
import { organizations } from "../db/schema/organizations.ts";
import { openTenantDb, type EnteredDb, type IdempotentWrite, type Meter, type TenantRecorder, type TenantWriter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { currentTime } from "../platform/clock.ts";
import { newId } from "../platform/ids.ts";
import type { Provider } from "../providers/provider.ts";
import { pokeEndpoints } from "../webhooks/poke-endpoint.ts";
import { proveOrgScope } from "./org-scope.ts";
import type { Plan } from "./plans.ts";

/**
 * `agent:`: what a room saw an agent do, in its outbox. `provider:`: what a signed event of it told. `member:`: who proved with a one-time link
 * who they are.
 */
type SystemActor = `system:${string}` | `agent:${string}` | `provider:${Provider}` | `member:${string}`;
type OfRequest = { readonly requestId: string; readonly meter: Meter; readonly idempotent?: IdempotentWrite };
const ofNoRequest = (): OfRequest => ({ requestId: newId("request"), meter: { trips: 0, durationMs: 0 } });

/** The organization's rows for work that none of its credentials asked for. `orgId` comes from our own records, never from a caller. */
export function openSystemDb(
  env: Environment,
  orgId: string,
  actor: SystemActor,
  request: OfRequest = ofNoRequest(),
): TenantWriter<Action> & TenantRecorder {
  return openTenantDb({
    client: databaseClient(env),
    orgId: proveOrgScope(orgId),
    actor,
    ...request,
    clock: currentTime,
    written: async (endpointIds) => void (await Promise.all([pokeLog(env, orgId), pokeEndpoints(env, orgId, endpointIds)])),
  });
}

export const selectOrganization = ({ orm, orgId }: EnteredDb) => orm.select().from(organizations).where(eq(organizations.id, orgId));

export type SystemWork = {
  readonly tenant: TenantWriter<Action>;
  readonly plan: Plan;
  readonly environment: "live" | "test";
  readonly openBox: () => SealedBox;
};

/** Enters an organization for background work: one round trip, for its plan and its sealed box. */
export async function actAsSystem(
  env: Environment,
  orgId: string,
  actor: SystemActor,
  request: OfRequest = ofNoRequest(),
): Promise<SystemWork> {
  const tenant = openSystemDb(env, orgId, actor, request);
  const [[organization]] = await tenant.read((db) => [selectOrganization(db)]);
  if (organization === undefined) throw problem("not_found", "no such organization");
  return {
    tenant,
    plan: organization.plan,
    environment: organization.environment,
    openBox: () => openSealedBox(env.encryptionKeys, orgId, organization.wrappedDataKey),
  };
}
