import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toCapability, toVersion } from "./capability.ts";
import type { CapabilityPage, CapabilityVersionPage, CapabilityView, ListCapabilities } from "./schemas.ts";
import { selectCapabilities, selectCapability, selectVersions } from "./store.ts";

export async function listCapabilities(
  { tenant, principal }: ReadContext,
  query: ListCapabilities,
): Promise<z.input<typeof CapabilityPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectCapabilities(db, query, query)]);
  return toPage(rows, query, ({ createdAt, id }) => ({ at: createdAt, id }), toCapability);
}

export async function getCapability({ tenant, principal }: ReadContext, capabilityId: string): Promise<CapabilityView> {
  requireWholeOrganization(principal);
  const [[row]] = await tenant.read((db) => [selectCapability(db, capabilityId)]);
  if (row === undefined) throw problem("not_found", "no such capability");
  return toCapability(row);
}

export async function listVersions(
  { tenant, principal }: ReadContext,
  capabilityId: string,
  page: Page,
): Promise<z.input<typeof CapabilityVersionPage>> {
  requireWholeOrganization(principal);
  const [[capability], rows] = await tenant.read((db) => [selectCapability(db, capabilityId), selectVersions(db, capabilityId, page)]);
  if (capability === undefined) throw problem("not_found", "no such capability");
  return toPage(rows, page, ({ createdAt }) => ({ at: createdAt, id: capabilityId }), toVersion);
}
