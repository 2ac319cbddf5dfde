import type { McpContext } from "./context.ts";
import { listGrantedTools } from "./granted-tools.ts";
import { isOffered } from "./tools.ts";

/** What the caller may call, always in the same order: the operations' tools in the table's, then the agent's own by name. */
export async function listTools({ relay, env, toolbox, now }: McpContext) {
  const caller = await relay.caller();
  const offered = [...toolbox.values()].filter(({ operation }) => isOffered(operation, caller, env.payments !== undefined));
  const granted = caller === null ? [] : await listGrantedTools(caller, toolbox, now);
  return { tools: [...offered.map(({ listing }) => listing), ...granted] };
}
