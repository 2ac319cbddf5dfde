import type { TenantReader } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import type { ApprovalRow } from "./approval.ts";
import { ownersOf, selectCase, selectOwners } from "./store.ts";

/** An approval as it lies before the person who decides. */
export type Case = {
  readonly row: ApprovalRow;
  readonly grant: { readonly status: "active" | "revoked"; readonly expiresAt: Date | null };
  readonly registeredBy: string | null;
  /** The people behind the agent, its key and its grant, as actors. */
  readonly owners: ReadonlySet<string>;
};

/** One round trip. Throws 404. */
export async function loadCase(tenant: TenantReader, id: string): Promise<Case> {
  const [[found], owners] = await tenant.read((db) => [selectCase(db, id), selectOwners(db, id)]);
  if (found === undefined) throw problem("not_found", "no such approval");
  return { row: found.approval, grant: found.grant, registeredBy: found.registeredBy, owners: ownersOf(owners) };
}

/** Whether this person may not approve what another may: with four eyes nobody who is behind the agent, and nobody while that is not known. */
export const isBarred = ({ row, registeredBy, owners }: Case, actor: string): boolean =>
  row.fourEyes && (registeredBy === null || owners.has(actor));
