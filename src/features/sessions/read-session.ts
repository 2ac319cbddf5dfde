import { requirePerson } from "../../access/principal.ts";
import { selectOrganization } from "../../access/system-principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectMember } from "../members/index.ts";
import type { SessionView } from "./schemas.ts";

/** Who is signed in, as what, where, and for how long. */
export async function readSession({ tenant, principal }: ReadContext): Promise<SessionView> {
  const { memberId, sessionId, role, scopes, via, startedAt, endsAt } = requirePerson(principal);
  const [[organization], [row]] = await tenant.read((db) => [selectOrganization(db), selectMember(db, memberId)]);
  if (organization === undefined) throw problem("not_found", "no such organization");
  const { id, name, plan, environment } = organization;
  return {
    id: sessionId,
    signedInWith: via,
    memberId,
    email: row?.profile?.email ?? null,
    name: row?.profile?.name ?? null,
    role,
    scopes: [...scopes],
    organization: { id, name, plan, environment },
    since: new Date(startedAt).toISOString(),
    until: new Date(endsAt).toISOString(),
  };
}
