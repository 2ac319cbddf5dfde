import { requirePerson } from "../../access/principal.ts";
import type { ReadContext, TextAnswer } from "../../http/operation.ts";
import { loadCase } from "./case.ts";
import { isBarred } from "./four-eyes.ts";
import { approvalPage, type Rights } from "./pages.ts";
import { openPreview } from "./preview.ts";
import { toApproval } from "./view.ts";

/** The page on which a person decides. */
export async function showApproval({ tenant, principal, env, box, now }: ReadContext, id: string): Promise<TextAnswer> {
  const { actor, scopes } = requirePerson(principal);
  const found = await loadCase(tenant, id);
  const rights: Rights = !scopes.includes("approvals:write") ? "none" : isBarred(found, actor) ? "deny" : "both";
  return approvalPage(toApproval(found.row, env, now), await openPreview(box, found.row), rights);
}
