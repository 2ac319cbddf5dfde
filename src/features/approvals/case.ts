import type { TenantReader } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import type { ApprovalRow } from "./approval.ts";
import { ownersOf, type FourEyes } from "./four-eyes.ts";
import { selectCase, selectOwners } from "./store.ts";

/** An approval as it lies before the person who decides. */
export type Case = FourEyes & {
  readonly row: ApprovalRow;
  readonly grant: { readonly status: "active" | "revoked"; readonly expiresAt: Date | null };
};

/** One round trip. Throws 404. */
export async function loadCase(tenant: TenantReader, id: string): Promise<Case> {
  const [[found], owners] = await tenant.read((db) => [selectCase(db, id), selectOwners(db, id)]);
  if (found === undefined) throw problem("not_found", "no such approval");
  const { approval: row, grant, registeredBy } = found;
  return { row, grant, fourEyes: row.fourEyes, registeredBy, owners: ownersOf(owners) };
}
