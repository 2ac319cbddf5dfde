import { requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { toMember } from "./member.ts";
import type { MemberQuery, MemberView } from "./schemas.ts";
import { selectMember, selectMembers } from "./store.ts";

export async function listMembers(
  { tenant, principal }: ReadContext,
  query: MemberQuery,
): Promise<{ items: MemberView[]; nextCursor: string | null }> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectMembers(db, query)]);
  return toPage(
    rows,
    query,
    ({ member }) => ({ at: member.createdAt, id: member.id }),
    ({ member, profile }) => toMember(member, profile),
  );
}

export async function getMember({ tenant, principal }: ReadContext, memberId: string): Promise<MemberView> {
  requireWholeOrganization(principal);
  const [[row]] = await tenant.read((db) => [selectMember(db, memberId)]);
  if (row === undefined) throw problem("not_found", "no such member");
  return toMember(row.member, row.profile);
}
