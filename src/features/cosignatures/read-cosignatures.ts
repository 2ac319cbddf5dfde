import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { requireCosignature } from "./require.ts";
import type { CosignaturePage, CosignatureView } from "./schemas.ts";
import { selectCosignature, selectCosignatures } from "./store.ts";
import { toCosignature } from "./view.ts";

/** What the organization has co-signed, with how each pact stands at the other side: one round trip. */
export async function listCosignatures({ tenant, principal }: ReadContext, page: Page): Promise<z.input<typeof CosignaturePage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectCosignatures(db, page)]);
  return toPage(rows, page, ({ cosignature }) => ({ at: cosignature.signedAt, id: cosignature.id }), toCosignature);
}

export async function getCosignature({ tenant, principal }: ReadContext, id: string): Promise<CosignatureView> {
  requireWholeOrganization(principal);
  const [[found]] = await tenant.read((db) => [selectCosignature(db, id)]);
  return toCosignature(requireCosignature(found));
}
