import { guardUnprovenHost } from "../../access/flood-guard.ts";
import { requireAgent } from "../../access/principal.ts";
import type { ScopedDb, TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { egressFetch, type EgressResult } from "../../platform/egress.ts";
import { originOf, toAgent, type AgentRow } from "./agent.ts";
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
  const proof = endpointProof(current, env, now);
  if (proof.ok && proof.state === "not_needed") throw problem("state_conflict", "a local endpoint needs no proof");
  const asked = await askOrigin(env, current);
  if (!asked.ok) throw problem("state_conflict", asked.why, { errors: [{ path: "endpoint", message: asked.message }] });
  const view = toAgent({ ...current, ...provenAt(now) }, env, now);
  await tenant.write({ ...proofEvent(agentId, asked.url, now), answer: view }, (db) => [updateProven(db, current, now)]);
  return view;
}

/**
 * Asks the origin once more where its proof is over 31 days old. False where it no longer wants our traffic. A fault of ours, and an agent
 * that changes at the same time, are `unavailable`: neither says anything of the origin.
 */
export async function renewEndpointProof(
  tenant: TenantWriter<"agent.endpoint_proven">,
  env: Environment,
  agent: AgentRow,
  now: Date,
): Promise<boolean> {
  const asked = await askOrigin(env, agent);
  if (!asked.ok) return false;
  try {
    await tenant.write({ ...proofEvent(agent.id, asked.url, now), answer: null }, (db) => [updateProven(db, agent, now)]);
    return true;
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.code !== "state_conflict") throw thrown;
    throw problem("unavailable", "the agent changed while its origin was asked");
  }
}

type Asked = { readonly ok: true; readonly url: string } | { readonly ok: false; readonly why: string; readonly message: string };

/** Whether the origin serves the agent's challenge now. Throws `unavailable` where its name could not be looked up. */
async function askOrigin(env: Environment, { orgId, endpointUrl, endpointChallenge }: AgentRow): Promise<Asked> {
  if (endpointUrl === null || endpointChallenge === null) throw problem("state_conflict", "the agent has no endpoint to prove");
  const url = `${originOf(endpointUrl)}${challengePath}`;
  await guardUnprovenHost(env, orgId, new URL(url).host);
  const result = await egressFetch(env, { url, method: "GET" }, limits);
  if (!result.ok && result.reason === "dns_unreachable") throw problem("unavailable", `${result.reason}: ${result.detail}`);
  const why = findFault(result, endpointChallenge);
  return why === null ? { ok: true, url } : { ok: false, why, message: `${url} does not prove the endpoint: ${why}.` };
}

function findFault(result: EgressResult, challenge: string): string | null {
  if (!result.ok) return `it cannot be fetched: ${result.reason}`;
  if (result.status !== 200) return `it answers with status ${result.status}`;
  return holdsChallenge(new TextDecoder().decode(result.body), challenge) ? null : "it does not serve this agent's token";
}

const provenAt = (now: Date) => ({ endpointProvenAt: now, updatedAt: now });

const proofEvent = (agentId: string, url: string, now: Date) =>
  ({ action: "agent.endpoint_proven", resource: agentId, change: { url, provenAt: now.toISOString() } }) as const;

const updateProven = (db: ScopedDb, { id, revision }: AgentRow, now: Date) => updateAgent(db, { id, revision, ...provenAt(now) });
