import { requirePerson } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { judgeErasure, toMember } from "./member.ts";
import { requireAllowed } from "./refuse.ts";
import type { MemberView } from "./schemas.ts";
import { deleteProfile, selectMember } from "./store.ts";

/** Erases what names a removed member. The log stays whole: it holds a commitment, which without the salt says nothing. */
export async function eraseMember({ tenant, principal }: WriteContext<"member.profile_erased">, memberId: string): Promise<MemberView> {
  const person = requirePerson(principal);
  const [[row]] = await tenant.read((db) => [selectMember(db, memberId)]);
  if (row === undefined) throw problem("not_found", "no such member");
  requireAllowed(judgeErasure(person, row.member));
  if (row.profile === null) throw problem("state_conflict", "erased already");
  const view = toMember(row.member, null);
  await tenant.write({ action: "member.profile_erased", resource: memberId, change: {}, answer: view }, (db) => [
    deleteProfile(db, memberId),
  ]);
  return view;
}
