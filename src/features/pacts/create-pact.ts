import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { toPact, type NewPactRow } from "./pact.ts";
import type { PactInput, PactView } from "./schemas.ts";
import { insertPact } from "./store.ts";

/** Writes down what an agent promises, as a draft that binds nobody yet. */
export async function createPact({ tenant, principal, now }: WriteContext<"pact.created">, input: PactInput): Promise<PactView> {
  requireAgent(principal, input.agentId);
  const id = newId("pact");
  const row: NewPactRow = {
    ...input,
    id,
    lineageId: id,
    version: 1,
    state: "draft",
    digest: null,
    activatedAt: null,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  const view = toPact(row);
  try {
    await tenant.write({ action: "pact.created", resource: id, change: view, answer: view }, (db) => [insertPact(db, row)]);
  } catch (fault) {
    // The foreign key looks for the agent, which saves asking first.
    if (!(fault instanceof Problem) || fault.code !== "invalid_request") throw fault;
    throw problem("invalid_request", fault.blocker, { errors: [{ path: "body.agentId", message: "There is no such agent." }] });
  }
  return view;
}
