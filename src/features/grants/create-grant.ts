import { requirePerson } from "../../access/principal.ts";
import { toToolName } from "../../grants/tool-name.ts";
import type { WriteContext } from "../../http/operation.ts";
import { Problem, problem } from "../../http/problem.ts";
import { toolNames } from "../../http/tool-names.ts";
import { newId } from "../../platform/ids.ts";
import { selectCapability } from "../capabilities/index.ts";
import { selectActivePolicy } from "../policies/index.ts";
import { toldOf, unpromoted, viewOf } from "./view.ts";
import { requireFuture } from "./require-future.ts";
import type { GrantInput, GrantView } from "./schemas.ts";
import { insertGrant, selectAgentInService, type NewGrantRow } from "./store.ts";

/** Lets one agent use one capability under one policy. It begins in simulation: nothing is sent before somebody promotes it. */
export async function createGrant(context: WriteContext<"grant.created">, input: GrantInput): Promise<GrantView> {
  const { tenant, principal, now } = context;
  const { actor: createdBy } = requirePerson(principal);
  const { toolName: asked, expiresAt, ...given } = input;
  const endsAt = requireFuture(expiresAt, now);
  const capability = await requireGrantable(context, input);
  const toolName = requireOwnName(asked ?? toToolName(capability.name));
  const row: NewGrantRow = {
    ...given,
    id: newId("grant"),
    toolName,
    expiresAt: endsAt,
    status: "active",
    promotedFor: null,
    promotedBasis: null,
    promotedAt: null,
    createdBy,
    revision: 1,
    createdAt: now,
    updatedAt: now,
  };
  const view = viewOf(row, unpromoted, now);
  const announces = [{ type: "grant.created", data: { ...toldOf(view), expiresAt: view.expiresAt } }] as const;
  try {
    await tenant.write({ action: "grant.created", resource: row.id, change: view, answer: view, announces }, (db) => [
      insertGrant(db, row),
    ]);
  } catch (fault) {
    // The agent's tools have names of their own: nothing else of a new grant can conflict.
    if (!(fault instanceof Problem) || fault.code !== "state_conflict") throw fault;
    throw problem("state_conflict", fault.blocker, {
      errors: [{ path: "body.toolName", message: `Another grant of this agent is called ${row.toolName}.` }],
    });
  }
  return view;
}

/** What the grant would rest on, all that is wrong with it at once. Another organization's is as one that never existed. */
async function requireGrantable({ tenant }: WriteContext<"grant.created">, input: GrantInput): Promise<{ readonly name: string }> {
  const { agentId, capabilityId, policyId, budget } = input;
  const [[agent], [found], [policy]] = await tenant.read((db) => [
    selectAgentInService(db, agentId),
    selectCapability(db, capabilityId),
    selectActivePolicy(db, policyId),
  ]);
  const capability = found?.status === "active" ? found : undefined;
  const isInForce = policy?.capabilityId === capabilityId && policy.activeVersion !== null;
  const refused = (path: string, message: string) => ({ path: `body.${path}`, message });
  const errors = [
    ...(agent === undefined ? [refused("agentId", "There is no such agent in service.")] : []),
    ...(capability === undefined ? [refused("capabilityId", "There is no such capability in service.")] : []),
    ...(isInForce ? [] : [refused("policyId", "There is no such policy over this capability with a version in force.")]),
    ...(capability?.definition.cost === null && budget.money !== undefined
      ? [refused("budget.money", "The capability has no price, so nothing could be spent of it.")]
      : []),
  ];
  if (errors.length > 0 || capability === undefined) throw problem("invalid_request", "nothing that can be granted", { errors });
  return capability;
}

/** No granted tool stands in the place of an operation's. */
function requireOwnName(toolName: string): string {
  if (!toolNames.some((name) => name === toolName)) return toolName;
  const message = `${toolName} is a tool of this service: give the grant another toolName.`;
  throw problem("invalid_request", "a reserved tool name", { errors: [{ path: "body.toolName", message }] });
}
