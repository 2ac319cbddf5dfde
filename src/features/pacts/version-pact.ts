import type { WriteContext } from "../../http/operation.ts";
import { newId } from "../../platform/ids.ts";
import { newDraft, toPact, withChanges } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { PactChanges, PactView } from "./schemas.ts";
import { insertPact, selectLastVersion, selectPact } from "./store.ts";

/** The next version of a pact, as a draft. Two at the same moment cannot both be the next. */
export async function versionPact(
  { tenant, principal, now }: WriteContext<"pact.versioned">,
  pactId: string,
  changes: PactChanges,
): Promise<PactView> {
  const [[found], [last]] = await tenant.read((db) => [selectPact(db, pactId), selectLastVersion(db, pactId)]);
  const pact = requirePact(principal, found);
  const { lineageId, agentId } = pact;
  const version = (last?.version ?? pact.version) + 1;
  const row = newDraft({ ...withChanges(pact, changes), id: newId("pact"), lineageId, agentId, version }, now);
  const view = toPact(row);
  await tenant.write({ action: "pact.versioned", resource: row.id, change: view, answer: view }, (db) => [insertPact(db, row)]);
  return view;
}
