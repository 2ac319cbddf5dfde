import { databaseClient } from "../db/client.ts";
import { openTenantDb, type Meter, type TenantReader } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { proveOrgScope } from "./org-scope.ts";

/** The platform's own organization (app.platform() in migrations/): its log holds the administrator's acts and what callers without an account pay. */
export const platformOrgId = "org_0000000000000000000000";

/** The platform's rows for whoever shows that one of them is theirs to see: a payment's identifier is a capability. Read only. */
export const openPlatform = (
  env: Environment,
  request: { readonly requestId: string; readonly meter: Meter },
): Pick<TenantReader, "orgId" | "read"> =>
  openTenantDb({
    client: databaseClient(env),
    orgId: proveOrgScope(platformOrgId),
    actor: "public:payment",
    ...request,
    clock: currentTime,
    written: () => undefined,
  });
