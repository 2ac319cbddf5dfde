import { askGate } from "../../access/admit.ts";
import { requirePerson } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";

/** Ends the caller's own session: in the gate first, so that the next request with it is refused. Clerk's sessions end at Clerk. */
export async function endSession({ tenant, env, principal }: WriteContext<"session.ended">): Promise<{ id: string; ended: true }> {
  const { sessionId, via } = requirePerson(principal);
  if (via === "clerk") throw problem("state_conflict", "sign out at the identity provider");
  await askGate(env, tenant.orgId, (gate) => gate.endSession(tenant.orgId, sessionId));
  const view = { id: sessionId, ended: true as const };
  await tenant.write({ action: "session.ended", resource: sessionId, change: {}, answer: view }, () => []);
  return view;
}
