import type { Environment } from "../env.ts";

/** A log's origin line, the name of its key, and where it is served: `<host>/log/<organization>`. It never changes. */
export const logOrigin = (publicOrigin: Environment["publicOrigin"], orgId: string): string => `${new URL(publicOrigin).host}/log/${orgId}`;
