import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { newDraft, toPact } from "./pact.ts";
import type { PactInput, PactView } from "./schemas.ts";
import { insertPact } from "./store.ts";

/** Writes down what an agent promises, as a draft that binds nobody yet. */
export async function createPact({ tenant, principal, now }: WriteContext<"pact.created">, input: PactInput): Promise<PactView> {
  if (principal.agentId !== null && principal.agentId !== input.agentId) throw noSuchAgent("the credential is bound to another agent");
  const id = newId("pact");
  const row = newDraft({ ...input, id, lineageId: id, version: 1 }, now);
  const view = toPact(row);
  try {
    await tenant.write({ action: "pact.created", resource: id, change: view, answer: view }, (db) => [insertPact(db, row)]);
  } catch (fault) {
    // The foreign key looks for the agent, which saves asking first.
    if (!(fault instanceof Problem) || fault.code !== "invalid_request") throw fault;
    throw noSuchAgent(fault.blocker);
  }
  return view;
}

/** The same for an agent that never existed, another organization's, and one that the credential is not. */
const noSuchAgent = (blocker: string): Problem =>
  problem("invalid_request", blocker, { errors: [{ path: "body.agentId", message: "There is no such agent." }] });
