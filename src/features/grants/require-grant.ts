import { requireAgent, type Principal } from "../../access/principal.ts";
import { problem } from "../../http/problem.ts";
import type { GroundRow } from "./store.ts";

/** The grant that was looked for, or the same 404 whether it is missing, another organization's, or of an agent that the credential is not. */
export function requireGround(principal: Pick<Principal, "agentId">, found: GroundRow | undefined): GroundRow {
  if (found === undefined) throw problem("not_found", "no such grant");
  requireAgent(principal, found.grant.agentId);
  return found;
}
