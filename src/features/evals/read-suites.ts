import type { z } from "@hono/zod-openapi";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { platformAuthor } from "../scores/index.ts";
import type { Suite, SuiteHeadView } from "./schemas.ts";
import { selectOwnSuite, selectOwnSuiteHeads, selectPlatformSuite, selectPlatformSuiteHeads, type SuiteFilter } from "./store.ts";
import { toSuite, toSuiteHead } from "./views.ts";

/** The organization's suites and the platform's, as one list. */
export async function listSuites(
  { tenant }: ReadContext,
  { digest, ...page }: Page & SuiteFilter,
): Promise<{ items: SuiteHeadView[]; nextCursor: string | null }> {
  const [own, platform] = await tenant.read((db) => [
    selectOwnSuiteHeads(db, page, { digest }),
    selectPlatformSuiteHeads(db, page, { digest }),
  ]);
  const rows = [
    ...own.map((row) => ({ row, author: tenant.orgId as string })),
    ...platform.map((row) => ({ row, author: platformAuthor })),
  ];
  rows.sort((a, b) => b.row.createdAt.getTime() - a.row.createdAt.getTime() || (a.row.id < b.row.id ? 1 : -1));
  return toPage(
    rows,
    page,
    ({ row }) => ({ at: row.createdAt, id: row.id }),
    ({ row, author }) => toSuiteHead(row, author),
  );
}

export async function getSuite({ tenant }: ReadContext, suiteId: string): Promise<z.input<typeof Suite>> {
  const [[own], [platform]] = await tenant.read((db) => [selectOwnSuite(db, suiteId), selectPlatformSuite(db, suiteId)]);
  if (own !== undefined) return toSuite(own, tenant.orgId);
  if (platform !== undefined) return toSuite(platform, platformAuthor);
  throw problem("not_found", "no such suite");
}
