import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { toPact, withChanges } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { PactChanges, PactView } from "./schemas.ts";
import { selectPact, updatePact } from "./store.ts";

/** Changes a draft. What was activated never changes: that takes a new version. */
export async function changePact(
  { tenant, principal, now }: WriteContext<"pact.updated">,
  pactId: string,
  changes: PactChanges,
): Promise<PactView> {
  const [[found]] = await tenant.read((db) => [selectPact(db, pactId)]);
  const pact = requirePact(principal, found);
  if (pact.state !== "draft") throw problem("state_conflict", `the pact is ${pact.state}`);
  const content = { ...withChanges(pact, changes), updatedAt: now };
  const view = toPact({ ...pact, ...content });
  await tenant.write({ action: "pact.updated", resource: pactId, change: view, answer: view }, (db) => [
    updatePact(db, { id: pactId, revision: pact.revision, ...content }),
  ]);
  return view;
}
