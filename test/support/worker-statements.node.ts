import { proveOrgScope } from "../../src/access/org-scope.ts";
import { databaseClient } from "../../src/db/client.ts";
import type { ScopedDb } from "../../src/db/tenant-db.ts";
import type { Statement } from "../../src/local/sql-batch.ts";
import { statement } from "./raw-sql.node.ts";

const { writer: orm } = databaseClient({ databaseUrl: "postgresql://app:secret@127.0.0.1:1/armalo", databaseEndpoint: undefined });

/** What builds the Worker's own queries for an organization. It is connected to nothing: a test sends them itself. */
export const within = (orgId: string): ScopedDb => ({ orm, orgId: proveOrgScope(orgId) });

/** Such a query, as a statement to send. */
export const built = (query: { toSQL(): { sql: string; params: unknown[] } }): Statement => {
  const { sql, params } = query.toSQL();
  return statement(sql, ...params);
};
