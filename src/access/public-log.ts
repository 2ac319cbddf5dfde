import { databaseClient } from "../db/client.ts";
import { openTenantDb, type Meter, type TenantReader } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { currentTime } from "../platform/clock.ts";
import { proveOrgScope } from "./org-scope.ts";

/**
 * The rows behind a public log, which is named by its organization, as its origin line is. Whoever reads begins with its checkpoints: an
 * organization that somebody invented has none, and nothing else, no object either, is addressed by the name before one was found.
 */
export function openPublicLog(
  env: Environment,
  logId: string,
  request: { readonly requestId: string; readonly meter: Meter },
): Pick<TenantReader, "orgId" | "read"> {
  return openTenantDb({
    client: databaseClient(env),
    orgId: proveOrgScope(logId),
    actor: "public:log",
    ...request,
    clock: currentTime,
    written: () => undefined,
  });
}
