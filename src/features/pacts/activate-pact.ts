import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { activate, digestPact, toPact } from "./pact.ts";
import { requirePact } from "./require-pact.ts";
import type { PactView } from "./schemas.ts";
import { selectActiveVersion, selectAgentOfPact, selectPact, updatePact } from "./store.ts";

/** Freezes a draft: its conditions and digest never change again, and the version that was active until now is superseded. */
export async function activatePact({ tenant, principal, now }: WriteContext<"pact.activated">, pactId: string): Promise<PactView> {
  const [[found], [active], [agent]] = await tenant.read((db) => [
    selectPact(db, pactId),
    selectActiveVersion(db, pactId),
    selectAgentOfPact(db, pactId),
  ]);
  const pact = requirePact(principal, found);
  const activation = activate(pact, active, now);
  if (!activation.ok) throw problem("state_conflict", `the pact is ${activation.state}`);
  if (agent === undefined || agent.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  const digest = await digestPact(pact);
  const { activated, superseded } = activation;
  const view = toPact({ ...pact, ...activated, digest });
  const { agentId, lineageId, version } = pact;
  const change = { digest, supersededId: superseded?.id ?? null };
  const event = {
    action: "pact.activated",
    resource: pactId,
    change,
    answer: view,
    announces: [{ type: "pact.activated", data: { pactId, agentId, lineageId, version, ...change } }],
  } as const;
  if (superseded === undefined) await tenant.write(event, (db) => [updatePact(db, { ...activated, digest })]);
  else await tenant.write(event, (db) => [updatePact(db, superseded), updatePact(db, { ...activated, digest })]);
  return view;
}
