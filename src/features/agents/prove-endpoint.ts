import { guardUnprovenHost } from "../../access/flood-guard.ts";
import { requireAgent } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem, type Problem } from "../../http/problem.ts";
import { egressFetch, failureIsOurs, type EgressResult } from "../../platform/egress.ts";
import { originOf, toAgent } from "./agent.ts";
import { challengePath, endpointProof, holdsChallenge } from "./endpoint-proof.ts";
import type { AgentView } from "./schemas.ts";
import { selectAgentById, updateAgent } from "./store.ts";

const limits = { timeoutMs: 5_000, maxBytes: 16_384 };

/** Asks the endpoint's origin for the agent's challenge: only an origin that serves it gets our traffic. */
export async function proveEndpoint(
  { tenant, principal, env, now }: WriteContext<"agent.endpoint_proven">,
  agentId: string,
): Promise<AgentView> {
  requireAgent(principal, agentId);
  const [[current]] = await tenant.read((db) => [selectAgentById(db, agentId)]);
  if (current === undefined) throw problem("not_found", "no such agent");
  if (current.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  const { endpointUrl, endpointChallenge } = current;
  const proof = endpointProof(current, env, now);
  if (proof.ok && proof.state === "not_needed") throw problem("state_conflict", "a local endpoint needs no proof");
  if (endpointUrl === null || endpointChallenge === null) throw problem("state_conflict", "the agent has no endpoint to prove");
  const url = `${originOf(endpointUrl)}${challengePath}`;
  await guardUnprovenHost(env, tenant.orgId, new URL(url).host);
  const result = await egressFetch(env, { url, method: "GET" }, limits);
  if (!result.ok || result.status !== 200) throw notServed(url, result);
  if (!holdsChallenge(new TextDecoder().decode(result.body), endpointChallenge))
    throw unproven(url, "it does not serve this agent's token");

  const changes = { endpointProvenAt: now, updatedAt: now };
  const view = toAgent({ ...current, ...changes }, env, now);
  await tenant.write(
    { action: "agent.endpoint_proven", resource: agentId, change: { url, provenAt: now.toISOString() }, answer: view },
    (db) => [updateAgent(db, { id: agentId, revision: current.revision, ...changes })],
  );
  return view;
}

function notServed(url: string, result: EgressResult): Problem {
  if (result.ok) return unproven(url, `it answers with status ${result.status}`);
  if (failureIsOurs(result.reason) && result.reason === "dns_unreachable")
    return problem("unavailable", `${result.reason}: ${result.detail}`);
  return unproven(url, `it cannot be fetched: ${result.reason}`);
}

const unproven = (url: string, why: string): Problem =>
  problem("state_conflict", why, { errors: [{ path: "endpoint", message: `${url} does not prove the endpoint: ${why}.` }] });
