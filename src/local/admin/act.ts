import { sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { PgDialect } from "drizzle-orm/pg-core";
import { platformOrgId } from "../../access/platform.ts";
import type { Action } from "../../audit/actions.ts";
import type { JsonValue } from "../../crypto/canonical-json.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { currentTime } from "../../platform/clock.ts";
import { newId } from "../../platform/ids.ts";
import type { Announcement } from "../../webhooks/event-schemas.ts";
import { queueStatement } from "../../webhooks/queue-events.ts";
import type { RawResult, Statement } from "../sql-batch.ts";

export const administrator = "admin:command";

/** Runs statements as the role armalo_admin in one transaction, wherever the database is. */
export type RunAsAdmin = (statements: readonly Statement[]) => Promise<readonly RawResult[]>;

/** Builds queries and never runs one. */
export const build = drizzle.mock({ casing: "snake_case" });

type Buildable = { toSQL(): { sql: string; params: unknown[] } };

export const toStatement = (query: Buildable): Statement => {
  const { sql: text, params } = query.toSQL();
  return { query: text, params };
};

export const rawStatement = (query: SQL): Statement => {
  const { sql: text, params } = new PgDialect().sqlToQuery(query);
  return { query: text, params };
};

export type Act = {
  readonly action: Action;
  readonly resource: string;
  readonly change: JsonValue;
  readonly commitment?: string;
  /** What the organization's own systems are told of it: within a minute, by the sweep that looks for what nobody woke. */
  readonly announces?: readonly Announcement[];
};

const enter = (orgId: string, requestId: string): Statement =>
  rawStatement(sql`select app.enter(${orgId}, ${administrator}, ${requestId})`);

const event = async (orgId: string, { action, resource, change, commitment }: Act, id = newId("auditEvent")): Promise<Statement> => {
  const row = { orgId, id, action, resource, change: await jsonDigest(change), commitment: commitment ?? null };
  return toStatement(build.insert(auditEvents).values(row));
};

/** Reads an organization's rows. */
export async function look(run: RunAsAdmin, orgId: string, statement: Statement): Promise<RawResult["rows"]> {
  const results = await run([enter(orgId, newId("request")), statement]);
  return results[1]?.rows ?? [];
}

/** One act on the platform itself: its event and its changes, together or not at all. */
export async function actOnPlatform(run: RunAsAdmin, act: Act, changes: readonly Statement[]): Promise<void> {
  await run([enter(platformOrgId, newId("request")), await event(platformOrgId, act), ...changes]);
}

/** One act on an organization. It stands in the platform's log and in the organization's own, before or after which the changes go. */
export async function actOnOrganization(
  run: RunAsAdmin,
  orgId: string,
  act: Act,
  changes: { readonly beforeEvent?: readonly Statement[]; readonly afterEvent?: readonly Statement[] },
): Promise<void> {
  const [requestId, auditEventId] = [newId("request"), newId("auditEvent")];
  const announced = (act.announces ?? []).map((announcement) => ({ announcement, auditEventId }));
  await run([
    enter(platformOrgId, requestId),
    await event(platformOrgId, { action: act.action, change: act.change, resource: orgId }),
    enter(orgId, requestId),
    ...(changes.beforeEvent ?? []),
    await event(orgId, act, auditEventId),
    ...(changes.afterEvent ?? []),
    ...(announced.length === 0 ? [] : [rawStatement(queueStatement(orgId, announced, currentTime()))]),
  ]);
}
