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
import { roleScopes } from "./roles.ts";

export type Entered = {
  readonly caller: { readonly principal: Principal; readonly plan: Plan; readonly environment: "live" | "test"; readonly box: SealedBox };
  readonly openTenant: (idempotent: IdempotentWrite | undefined) => TenantWriter<Action> & TenantRecorder;
};

/** What a credential that the gate has admitted may hold of its organization. */
export function enterOrganization(
  env: Environment,
  credential: Credential,
  admission: Admission,
  { requestId, meter, waitUntil }: { requestId: string; meter: Meter; waitUntil: (work: Promise<unknown>) => void },
): Entered {
  const { orgId } = credential;
  const { principal, environment } = actingAs(credential, admission);
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
        requestId,
        meter,
      }),
  };
}

function actingAs(credential: Credential, { grant, person }: Admission): Pick<Entered["caller"], "principal" | "environment"> {
  if (credential.kind !== "person" && grant !== undefined) {
    const { kind, keyId, environment } = credential;
    return { environment, principal: { kind, keyId, actor: `key:${keyId}`, ...grant } };
  }
  if (credential.kind !== "person" || person === undefined) throw new Error("the gate admitted another kind of credential");
  const { via, sessionId, times } = credential;
  const { memberId, role, environment, session } = person;
  const since = times ?? session;
  if (since === null) throw new Error("the gate admitted a session that nobody knows");
  const scopes = roleScopes[role];
  const actor = `member:${memberId}` as const;
  const rights = { scopes, cidrs: [], agentId: null, diesAt: null };
  return { environment, principal: { kind: "person", via, memberId, sessionId, role, actor, ...since, ...rights } };
}
