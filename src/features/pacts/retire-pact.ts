import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { retire, toPact } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { PactView } from "./schemas.ts";
import { selectPact, updatePact } from "./store.ts";

/** Ends a pact. It is kept, with what was found under it. */
export async function retirePact({ tenant, principal, now }: WriteContext<"pact.retired">, pactId: string): Promise<PactView> {
  const [[found]] = await tenant.read((db) => [selectPact(db, pactId)]);
  const pact = requirePact(principal, found);
  const retirement = retire(pact, now);
  if (!retirement.ok) throw problem("state_conflict", `the pact is ${retirement.state}`);
  const view = toPact({ ...pact, ...retirement.retired });
  await tenant.write({ action: "pact.retired", resource: pactId, change: { state: "retired" }, answer: view }, (db) => [
    updatePact(db, retirement.retired),
  ]);
  return view;
}
