import type { McpContext } from "./context.ts";
import { isOffered } from "./tools.ts";

/** What the caller may call, always in the same order. */
export async function listTools({ relay, env, toolbox }: McpContext) {
  const caller = await relay.caller();
  const offered = [...toolbox.values()].filter(({ operation }) => isOffered(operation, caller, env.payments !== undefined));
  return { tools: offered.map(({ listing }) => listing) };
}
