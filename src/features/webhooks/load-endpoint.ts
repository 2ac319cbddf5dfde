import type { TenantReader } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import type { EndpointRecord } from "./endpoint.ts";
import { selectEndpoint, selectSigning } from "./store.ts";

/** An endpoint with how it fares and what signs for it: one round trip. */
export async function loadEndpoint(
  { tenant, now }: { readonly tenant: TenantReader; readonly now: Date },
  id: string,
): Promise<EndpointRecord> {
  const [[found], signing] = await tenant.read((db) => [selectEndpoint(db, id), selectSigning(db, now, id)]);
  if (found === undefined) throw problem("not_found", "no such webhook endpoint");
  return { ...found, signing };
}
