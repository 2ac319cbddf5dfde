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

/** An agent that is asked for, and where in the body. */
type Place = readonly [path: string, input: AgentInput];

export async function createAgent(context: WriteContext<"agent.created">, input: AgentInput): Promise<AgentView> {
  const { tenant, env, now } = context;
  const place: Place = ["body", input];
  requirePlaceable(context, [place]);
  const row = await planAgent(context, input);
  const view = toAgent(row, env, now);
  await namingTaken(tenant, [place], () =>
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
  const places = inputs.map((input, i): Place => [`body.agents.${i}`, input]);
  requirePlaceable(context, places);
  const rows = await Promise.all(inputs.map((input) => planAgent(context, input)));
  const answer = { items: rows.map((row) => toAgent(row, env, now)) };
  await namingTaken(tenant, places, () =>
    tenant.write({ action: "agent.batch_created", resource: tenant.orgId, change: answer, answer }, (db) => [
      insertAgents(db, rows),
      insertVersions(db, rows),
    ]),
  );
  return answer;
}

/** Rights first, and then everything that is wrong with the places at once. */
function requirePlaceable<A extends Action>({ principal, env }: WriteContext<A>, places: readonly Place[]): void {
  requireWholeOrganization(principal);
  const refused = places.flatMap(([path, { endpoint }]) => refuseEndpoint(endpoint, env, path) ?? []);
  if (refused.length > 0) throw problem("invalid_request", "endpoint refused", { errors: refused });
}

/** The agent that an input asks for, as it will be stored. */
export async function planAgent<A extends Action>(
  { env, box, now, principal }: WriteContext<A>,
  { endpoint, ...fields }: AgentInput,
): Promise<NewAgentRow> {
  const id = newId("agent");
  const placed = { ...fields, ...(await placeEndpoint(box, id, endpoint, env)) };
  const versionDigest = await digestVersion(placed);
  const registered = { registeredBy: principal.actor, createdAt: now, updatedAt: now };
  return { ...placed, id, versionNumber: 1, versionDigest, revision: 1, archivedAt: null, ...registered };
}

/** Where the write met a conflict, a second look says which external ids are taken; a write that succeeds pays nothing for it. */
export async function namingTaken(tenant: TenantReader, places: readonly Place[], write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (fault) {
    if (!(fault instanceof Problem) || fault.code !== "state_conflict") throw fault;
    const wanted = places.map(([, { externalId }]) => externalId);
    const [rows] = await tenant.read((db) => [selectTakenExternalIds(db, wanted)]);
    const taken = new Set(rows.map(({ externalId }) => externalId));
    const errors = places
      .filter(([, { externalId }]) => taken.has(externalId))
      .map(([path]) => ({ path: `${path}.externalId`, message: "An agent of this organization has it." }));
    throw problem("state_conflict", fault.blocker, { errors });
  }
}
