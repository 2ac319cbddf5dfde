import { z } from "@hono/zod-openapi";
import type { ServerContext } from "@modelcontextprotocol/server";
import { isStorable } from "../../expressions/json.ts";
import { callGranted } from "./call-granted.ts";
import type { McpContext } from "./context.ts";
import { toRelayedCall } from "./tool-call.ts";
import { toToolResult } from "./tool-result.ts";

const Arguments = z.record(z.string(), z.json());

export type ToolCall = {
  readonly name: string;
  readonly arguments?: Record<string, unknown> | undefined;
  readonly _meta?: Record<string, unknown> | undefined;
};

/** Runs the operation that the tool stands for, or the grant, as a request of the caller's own. */
export async function callTool(context: McpContext, call: ToolCall, round: ServerContext) {
  const { sdk, toolbox, relay } = context;
  const given = Arguments.safeParse(call.arguments ?? {});
  if (!given.success || !isStorable(call)) {
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "A text of the call holds U+0000 or half of a surrogate pair");
  }
  const tool = toolbox.get(call.name);
  if (tool === undefined) return callGranted(context, { ...call, arguments: given.data }, round);
  return toToolResult(await relay.call(tool.operation, toRelayedCall(tool, given.data, call._meta)));
}
