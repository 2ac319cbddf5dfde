import type { TenantReader } from "../../db/tenant-db.ts";
import { problem } from "../../http/problem.ts";
import type { MemberRow, ProfileRow } from "./member.ts";
import { countOtherOwners, selectClerkLink, selectMember } from "./store.ts";

export type Loaded = {
  readonly member: MemberRow;
  readonly profile: ProfileRow | null;
  /** What Clerk calls the organization. */
  readonly links: readonly { readonly externalId: string }[];
  /** Active owners beside this member. */
  readonly others: number;
};

/** A member and all that decides what may be done to them, in one round trip. */
export async function loadTarget(tenant: TenantReader, memberId: string): Promise<Loaded> {
  const [[row], links, [owners]] = await tenant.read((db) => [
    selectMember(db, memberId),
    selectClerkLink(db),
    countOtherOwners(db, memberId),
  ]);
  if (row === undefined) throw problem("not_found", "no such member");
  return { ...row, links, others: owners?.others ?? 0 };
}
