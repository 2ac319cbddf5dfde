import { eq } from "drizzle-orm";
import type { Action } from "../audit/actions.ts";
import { pokeLog } from "../audit/poke-log.ts";
import { openSealedBox, type SealedBox } from "../crypto/sealed-box.ts";
import { databaseClient } from "../db/client.ts";
import { organizations } from "../db/schema/organizations.ts";
import { openTenantDb, type EnteredDb, type Meter, type TenantRecorder, type TenantWriter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import { currentTime } from "../platform/clock.ts";
import { newId } from "../platform/ids.ts";
import { proveOrgScope } from "./org-scope.ts";
import type { Plan } from "./plans.ts";

/** `agent:`: what a room saw an agent do, in its outbox. `member:`: who proved with a one-time link who they are. */
type SystemActor = `system:${string}` | `agent:${string}` | `member:${string}`;
type OfRequest = { readonly requestId: string; readonly meter: Meter };

/** The organization's rows for work that no request asked for. `orgId` comes from our own records, never from a caller. */
export function openSystemDb(
  env: Environment,
  orgId: string,
  actor: SystemActor,
  request: OfRequest = { requestId: newId("request"), meter: { trips: 0, durationMs: 0 } },
): TenantWriter<Action> & TenantRecorder {
  return openTenantDb({
    client: databaseClient(env),
    orgId: proveOrgScope(orgId),
    actor,
    ...request,
    clock: currentTime,
    written: () => pokeLog(env, orgId),
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
export async function actAsSystem(env: Environment, orgId: string, actor: SystemActor): Promise<SystemWork> {
  const tenant = openSystemDb(env, orgId, actor);
  const [[organization]] = await tenant.read((db) => [selectOrganization(db)]);
  if (organization === undefined) throw problem("not_found", "no such organization");
  return {
    tenant,
    plan: organization.plan,
    environment: organization.environment,
    openBox: () => openSealedBox(env.encryptionKeys, orgId, organization.wrappedDataKey),
  };
}
