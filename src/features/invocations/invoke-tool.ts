import { problem } from "../../http/problem.ts";
import type { InvokeContext } from "./course.ts";
import { invoke } from "./invoke.ts";
import type { InvokedView, InvokeInput } from "./schemas.ts";
import { selectGrantByTool } from "./store.ts";

/** The same by the name that the agent's MCP client calls the grant by: one round trip more, for its identifier. */
export async function invokeTool(context: InvokeContext, toolName: string, input: InvokeInput): Promise<InvokedView> {
  const { tenant, principal } = context;
  const { agentId } = principal;
  // Tools are an agent's own: whoever is no agent has none, and so no name of one.
  if (agentId === null) throw problem("not_found", "the credential is bound to no agent");
  const [[grant]] = await tenant.read((db) => [selectGrantByTool(db, agentId, toolName)]);
  if (grant === undefined) throw problem("not_found", "no grant of this agent has such a tool");
  return invoke(context, grant.id, input);
}
