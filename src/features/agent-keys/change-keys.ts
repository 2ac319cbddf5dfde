import { requireAgent } from "../../access/principal.ts";
import type { ReadContext, WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { selectAgent } from "../agents/index.ts";
import { judgeKeyProof, type KeyProof } from "./agent-key.ts";
import type { AgentKeyView } from "./schemas.ts";
import { insertAgentKey, selectAgentKeys, updateRevoked, type AgentKeyRow } from "./store.ts";

/** More keys than an agent signs with at a time; revoked ones must not keep it from rotating. */
const maxKeys = 50;
/** Revoked ones too, so that no read becomes large. */
const maxKeysKept = 1_000;

const isFull = (known: readonly AgentKeyRow[]): boolean =>
  known.length >= maxKeysKept || known.filter(({ revokedAt }) => revokedAt === null).length >= maxKeys;

const toView = ({ kid, agentId, x, createdAt, revokedAt }: Omit<AgentKeyRow, "orgId">): AgentKeyView => ({
  kid,
  agentId,
  jwk: { kty: "OKP", crv: "Ed25519", x },
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
});

/** Registers a public key of an agent; whoever does it proves to have the private one. */
export async function registerKey(
  { tenant, principal, now }: WriteContext<"agent_key.registered">,
  agentId: string,
  given: KeyProof,
): Promise<AgentKeyView> {
  requireAgent(principal, agentId);
  const [[agent], known] = await tenant.read((db) => [selectAgent(db, agentId), selectAgentKeys(db, agentId)]);
  if (agent === undefined) throw problem("not_found", "no such agent");
  if (agent.archivedAt !== null) throw problem("state_conflict", "the agent is archived");
  if (isFull(known)) throw problem("state_conflict", "the agent has too many keys");
  const verdict = await judgeKeyProof(given, { agentId, orgId: tenant.orgId }, now);
  if (!verdict.ok) {
    const { field, message } = verdict;
    throw problem("invalid_request", message, { errors: [{ path: `body.${field}`, message }] });
  }
  const row = { agentId, kid: verdict.kid, x: given.x, revokedAt: null, revision: 1, createdAt: now };
  const view = toView(row);
  await tenant.write({ action: "agent_key.registered", resource: agentId, change: view, answer: view }, (db) => [insertAgentKey(db, row)]);
  return view;
}

export async function listKeys({ tenant, principal }: ReadContext, agentId: string): Promise<{ items: AgentKeyView[] }> {
  requireAgent(principal, agentId);
  const [[agent], rows] = await tenant.read((db) => [selectAgent(db, agentId), selectAgentKeys(db, agentId)]);
  if (agent === undefined) throw problem("not_found", "no such agent");
  return { items: rows.map(toView) };
}

/** From now on nothing that this key signs is taken; what was taken before stays. */
export async function revokeKey(
  { tenant, principal, now }: WriteContext<"agent_key.revoked">,
  agentId: string,
  kid: string,
): Promise<AgentKeyView> {
  requireAgent(principal, agentId);
  const [rows] = await tenant.read((db) => [selectAgentKeys(db, agentId)]);
  const row = rows.find((one) => one.kid === kid);
  if (row === undefined) throw problem("not_found", "no such key of this agent");
  if (row.revokedAt !== null) throw problem("state_conflict", "the key is revoked");
  const view = toView({ ...row, revokedAt: now });
  await tenant.write({ action: "agent_key.revoked", resource: agentId, change: view, answer: view }, (db) => [updateRevoked(db, row, now)]);
  return view;
}
