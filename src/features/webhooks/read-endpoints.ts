import type { z } from "@hono/zod-openapi";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { toEndpoint } from "./endpoint.ts";
import { loadEndpoint } from "./load-endpoint.ts";
import type { EndpointView, WebhookEndpointPage } from "./schemas.ts";
import { selectEndpoints, selectSigning } from "./store.ts";

export async function listEndpoints(
  { tenant, principal, plan, now }: ReadContext,
  page: Page,
): Promise<z.input<typeof WebhookEndpointPage>> {
  requireWholeOrganization(principal);
  const [rows, secrets] = await tenant.read((db) => [selectEndpoints(db, page), selectSigning(db, now)]);
  return toPage(
    rows,
    page,
    ({ endpoint }) => ({ at: endpoint.createdAt, id: endpoint.id }),
    (row) => toEndpoint({ ...row, signing: secrets.filter(({ endpointId }) => endpointId === row.endpoint.id) }, plan),
  );
}

export async function getEndpoint(context: ReadContext, id: string): Promise<EndpointView> {
  requireWholeOrganization(context.principal);
  return toEndpoint(await loadEndpoint(context, id), context.plan);
}
