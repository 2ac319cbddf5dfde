import { requireWholeOrganization } from "../../access/principal.ts";
import type { Action } from "../../audit/actions.ts";
import type { TenantReader } from "../../db/tenant-db.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { digestVersion, toAgent, type NewAgentRow } from "./agent.ts";
import { placeEndpoint, refuseEndpoint } from "./endpoint.ts";
import type { AgentInput, AgentView } from "./schemas.ts";
import { insertAgents, insertVersions, selectTakenExternalIds } from "./store.ts";

export async function createAgent(context: WriteContext<"agent.created">, input: AgentInput): Promise<AgentView> {
  const { tenant, env, now } = context;
  const row = await planAgent(context, input, "body");
  const view = toAgent(row, env, now);
  await namingTaken(tenant, [["body", input.externalId]], () =>
    tenant.write({ action: "agent.created", resource: row.id, change: view, answer: view }, (db) => [
      insertAgents(db, [row]),
      insertVersions(db, [row]),
    ]),
  );
  return view;
}

/** All of them or none, in one transaction under one audit event. */
export async function createAgents(
  context: WriteContext<"agent.batch_created">,
  inputs: readonly AgentInput[],
): Promise<{ items: AgentView[] }> {
  const { tenant, env, now } = context;
  const places = inputs.map((input, i) => [`body.agents.${i}`, input] as const);
  const refused = places.flatMap(([path, { endpoint }]) => refuseEndpoint(endpoint, env, path) ?? []);
  if (refused.length > 0) throw problem("invalid_request", "endpoint refused", { errors: refused });
  const rows = await Promise.all(places.map(([path, input]) => planAgent(context, input, path)));
  const answer = { items: rows.map((row) => toAgent(row, env, now)) };
  const taken = places.map(([path, { externalId }]) => [path, externalId] as const);
  await namingTaken(tenant, taken, () =>
    tenant.write({ action: "agent.batch_created", resource: tenant.orgId, change: answer, answer }, (db) => [
      insertAgents(db, rows),
      insertVersions(db, rows),
    ]),
  );
  return answer;
}

async function planAgent<A extends Action>(
  { principal, env, box, now }: WriteContext<A>,
  input: AgentInput,
  path: string,
): Promise<NewAgentRow> {
  requireWholeOrganization(principal);
  const refused = refuseEndpoint(input.endpoint, env, path);
  if (refused !== undefined) throw problem("invalid_request", "endpoint refused", { errors: [refused] });
  const { endpoint, ...fields } = input;
  const id = newId("agent");
  const placed = { ...fields, ...(await placeEndpoint(box, id, endpoint, env)) };
  const versionDigest = await digestVersion(placed);
  return { ...placed, id, versionNumber: 1, versionDigest, revision: 1, archivedAt: null, createdAt: now, updatedAt: now };
}

/** Where the write met a conflict, a second look says which external ids are taken; a write that succeeds pays nothing for it. */
async function namingTaken(
  tenant: TenantReader,
  wanted: readonly (readonly [path: string, externalId: string])[],
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (fault) {
    if (!(fault instanceof Problem) || fault.code !== "state_conflict") throw fault;
    const [rows] = await tenant.read((db) => [
      selectTakenExternalIds(
        db,
        wanted.map(([, externalId]) => externalId),
      ),
    ]);
    const taken = new Set(rows.map(({ externalId }) => externalId));
    const errors = wanted
      .filter(([, externalId]) => taken.has(externalId))
      .map(([path]) => ({ path: `${path}.externalId`, message: "An agent of this organization has it." }));
    throw problem("state_conflict", fault.blocker, { errors });
  }
}
