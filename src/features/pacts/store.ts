import { and, asc, eq, max, sql, type SQL } from "drizzle-orm";
import { agents } from "../../db/schema/agents.ts";
import { pactChecks, pacts, type PactState } from "../../db/schema/pacts.ts";
import type { EnteredDb, ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";
import type { NewCheckRow } from "./pact-check.ts";
import type { NewPactRow } from "./pact.ts";

export const selectPact = ({ orm, orgId }: EnteredDb, pactId: string | SQL) =>
  orm
    .select()
    .from(pacts)
    .where(and(eq(pacts.orgId, orgId), eq(pacts.id, pactId)));

/** A field of a pact, for queries that go with it in one round trip. */
export const fieldOfPact = (orgId: string, pactId: string, column: typeof pacts.lineageId | typeof pacts.agentId): SQL =>
  sql`(select ${column} from ${pacts} where ${pacts.orgId} = ${orgId} and ${pacts.id} = ${pactId})`;

/** The version that is active now in the lineage of a pact. */
export const selectActiveVersion = ({ orm, orgId }: ScopedDb, pactId: string) =>
  orm
    .select()
    .from(pacts)
    .where(and(eq(pacts.orgId, orgId), eq(pacts.lineageId, fieldOfPact(orgId, pactId, pacts.lineageId)), eq(pacts.state, "active")));

/** What binds an agent now, in the order of the pacts' ids. */
export const selectActivePacts = ({ orm, orgId }: ScopedDb, agentId: string | SQL) =>
  orm
    .select({ id: pacts.id, digest: pacts.digest, conditions: pacts.conditions })
    .from(pacts)
    .where(and(eq(pacts.orgId, orgId), eq(pacts.agentId, agentId), eq(pacts.state, "active")))
    .orderBy(asc(pacts.id));

export const selectLastVersion = ({ orm, orgId }: ScopedDb, pactId: string) =>
  orm
    .select({ version: max(pacts.version) })
    .from(pacts)
    .where(and(eq(pacts.orgId, orgId), eq(pacts.lineageId, fieldOfPact(orgId, pactId, pacts.lineageId))));

/** Whether the agent of a pact is in service. */
export const selectAgentOfPact = ({ orm, orgId }: ScopedDb, pactId: string) =>
  orm
    .select({ archivedAt: agents.archivedAt })
    .from(agents)
    .where(and(eq(agents.orgId, orgId), eq(agents.id, fieldOfPact(orgId, pactId, pacts.agentId))));

export type PactFilter = {
  readonly agentId?: string | undefined;
  readonly lineageId?: string | undefined;
  readonly state?: PactState | undefined;
};

export function selectPacts({ orm, orgId }: ScopedDb, page: Page, { agentId, lineageId, state }: PactFilter) {
  const { where, orderBy, limit } = keyset(page, pacts.createdAt, pacts.id);
  const ofAgent = agentId === undefined ? undefined : eq(pacts.agentId, agentId);
  const ofLineage = lineageId === undefined ? undefined : eq(pacts.lineageId, lineageId);
  const inState = state === undefined ? undefined : eq(pacts.state, state);
  return orm
    .select()
    .from(pacts)
    .where(and(eq(pacts.orgId, orgId), ofAgent, ofLineage, inState, where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertPact = ({ orm, orgId }: ScopedDb, row: NewPactRow) => orm.insert(pacts).values({ ...row, orgId });

/** Matches only while the pact is as it was read: drafts alone change in content, and every change counts the revision up. */
export const updatePact = (
  { orm, orgId }: ScopedDb,
  { id, revision, ...changes }: Partial<NewPactRow> & Pick<NewPactRow, "id" | "revision">,
) =>
  orm
    .update(pacts)
    .set({ ...changes, revision: revision + 1 })
    .where(and(eq(pacts.orgId, orgId), eq(pacts.id, id), eq(pacts.revision, revision)));

export function selectChecks({ orm, orgId }: ScopedDb, pactId: string, page: Page) {
  const { where, orderBy, limit } = keyset(page, pactChecks.createdAt, pactChecks.id);
  return orm
    .select()
    .from(pactChecks)
    .where(and(eq(pactChecks.orgId, orgId), eq(pactChecks.pactId, pactId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const insertCheck = ({ orm, orgId }: ScopedDb, row: NewCheckRow) => orm.insert(pactChecks).values({ ...row, orgId });
