import type { RelayCaller } from "../../http/operation.ts";
import { selectGrantedTools, type GrantedToolRow } from "./store.ts";
import type { JsonObject } from "./tool-schema.ts";
import type { Annotations, Toolbox } from "./tools.ts";

/** A granted capability as the tool of the agent that holds it. */
export type GrantedListing = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: { type: "object" } & JsonObject;
  readonly annotations: Annotations;
};

/**
 * The caller's own tools, by name: those of the agent that its credential is bound to. One that has the name of an operation's tool, which may be
 * younger than the grant, is not shown: the operation keeps its name.
 */
export async function listGrantedTools({ principal, tenant }: RelayCaller, toolbox: Toolbox, now: Date): Promise<GrantedListing[]> {
  const { agentId, scopes } = principal;
  if (agentId === null || !scopes.includes("grants:invoke")) return [];
  const [rows] = await tenant.read((db) => [selectGrantedTools(db, agentId, now)]);
  return rows.filter(({ toolName }) => !toolbox.has(toolName)).map(toListing);
}

function toListing({ toolName, name, description, definition }: GrantedToolRow): GrantedListing {
  const readOnlyHint = definition.kind === "http" && definition.method === "GET";
  const schema: JsonObject = JSON.parse(JSON.stringify(definition.argumentsSchema));
  return {
    name: toolName,
    title: name,
    description: `${description}\n\nDecided by policy at each call: the answer says whether it was executed, denied, simulated, or waits for a person.`,
    inputSchema: { ...schema, type: "object" },
    annotations: { title: name, readOnlyHint, destructiveHint: !readOnlyHint, idempotentHint: readOnlyHint, openWorldHint: true },
  };
}
