import type { z } from "@hono/zod-openapi";
import { and, eq } from "drizzle-orm";
import { requireWholeOrganization } from "../../access/principal.ts";
import { notices } from "../../db/schema/webhooks.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import type { ReadContext } from "../../http/operation.ts";
import { keyset, toPage, type Page } from "../../http/pagination.ts";
import type { NoticePage } from "./schemas.ts";

function selectNotices({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, notices.createdAt, notices.id);
  return orm
    .select()
    .from(notices)
    .where(and(eq(notices.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export async function listNotices({ tenant, principal }: ReadContext, page: Page): Promise<z.input<typeof NoticePage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectNotices(db, page)]);
  return toPage(
    rows,
    page,
    ({ createdAt, id }) => ({ at: createdAt, id }),
    ({ id, kind, severity, subject, text, resource, createdAt }) => ({
      id,
      kind,
      severity,
      subject,
      text,
      resource,
      createdAt: createdAt.toISOString(),
    }),
  );
}
