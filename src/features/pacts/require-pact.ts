import { requireAgent, type Principal } from "../../access/principal.ts";
import { problem } from "../../http/problem.ts";
import type { PactRow } from "./pact.ts";

/** The pact that was looked for, or the same 404 whether it is missing, another organization's, or of an agent that the credential is not. */
export function requirePact(principal: Principal, found: PactRow | undefined): PactRow {
  if (found === undefined) throw problem("not_found", "no such pact");
  requireAgent(principal, found.agentId);
  return found;
}
