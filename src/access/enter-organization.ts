import type { Action } from "../audit/actions.ts";
import { pokeLog } from "../audit/poke-log.ts";
import { openSealedBox, type SealedBox } from "../crypto/sealed-box.ts";
import { databaseClient } from "../db/client.ts";
import { openTenantDb, type IdempotentWrite, type Meter, type TenantRecorder, type TenantWriter } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { pokeEndpoints } from "../webhooks/poke-endpoint.ts";
import type { Admission } from "./admission.ts";
import type { Credential } from "./authenticate.ts";
import { proveOrgScope } from "./org-scope.ts";
import type { Plan } from "./plans.ts";
import type { Principal } from "./principal.ts";

export type Entered = {
  readonly caller: { readonly principal: Principal; readonly plan: Plan; readonly environment: "live" | "test"; readonly box: SealedBox };
  readonly openTenant: (idempotent: IdempotentWrite | undefined) => TenantWriter<Action> & TenantRecorder;
};

/** What a credential that the gate has admitted may hold of its organization. */
export function enterOrganization(
  env: Environment,
  credential: Credential,
  admission: Admission,
  { waitUntil, ...request }: { requestId: string; meter: Meter; waitUntil: (work: Promise<unknown>) => void },
): Entered {
  const { orgId, keyId, kind, environment } = credential;
  const principal: Principal = { kind, keyId, actor: `key:${keyId}`, ...admission.grant };
  return {
    caller: { principal, plan: admission.plan, environment, box: openSealedBox(env.encryptionKeys, orgId, admission.wrappedDataKey) },
    openTenant: (idempotent) =>
      openTenantDb({
        client: databaseClient(env),
        orgId: proveOrgScope(orgId),
        actor: principal.actor,
        clock: currentTime,
        idempotent,
        written: (endpointIds) => waitUntil(Promise.all([pokeLog(env, orgId), pokeEndpoints(env, orgId, endpointIds)])),
        ...request,
      }),
  };
}
