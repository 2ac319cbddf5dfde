import { addMember, findMember } from "../admin/add-member.ts";
import type { RunAsAdmin } from "../admin/act.ts";
import type { Progress } from "./state.ts";

/** Whom the quickstart's organization belongs to, until others are let in. */
export const ownerEmail = "owner@quickstart.example";

/** Gives the organization its owner, once: also one that is older than members, and where an earlier start ended before it noted it. */
export async function keepOwner(run: RunAsAdmin, { state, note }: Progress): Promise<void> {
  const { orgId, owned } = state;
  if (orgId === undefined || owned === true) return;
  if ((await findMember(run, orgId, ownerEmail)) === undefined)
    await addMember(run, { orgId, email: ownerEmail, name: "Owner", role: "owner" });
  await note({ owned: true });
}
