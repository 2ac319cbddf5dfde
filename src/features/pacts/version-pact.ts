import type { WriteContext } from "../../http/operation.ts";
import { newId } from "../../platform/ids.ts";
import { toPact, type NewPactRow } from "./pact.ts";
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
  const { lineageId, agentId, ...base } = requirePact(principal, found);
  const row: NewPactRow = {
    id: newId("pact"),
    lineageId,
    agentId,
    version: (last?.version ?? base.version) + 1,
    name: changes.name ?? base.name,
    description: changes.description === undefined ? base.description : changes.description,
    conditions: changes.conditions ?? base.conditions,
    state: "draft",
    digest: null,
    activatedAt: null,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  const view = toPact(row);
  await tenant.write({ action: "pact.versioned", resource: row.id, change: view, answer: view }, (db) => [insertPact(db, row)]);
  return view;
}
