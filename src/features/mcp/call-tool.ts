import { z } from "@hono/zod-openapi";
import { isStorable } from "../../expressions/json.ts";
import type { McpContext } from "./context.ts";
import { toRelayedCall } from "./tool-call.ts";
import { toToolResult, type ToolResult } from "./tool-result.ts";

const Arguments = z.record(z.string(), z.json());

export type ToolCall = {
  readonly name: string;
  readonly arguments?: Record<string, unknown> | undefined;
  readonly _meta?: Record<string, unknown> | undefined;
};

/** Runs the operation that the tool stands for, as a request of the caller's own. */
export async function callTool({ sdk, toolbox, relay }: McpContext, call: ToolCall): Promise<ToolResult> {
  const tool = toolbox.get(call.name);
  if (tool === undefined) throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "Unknown tool");
  const given = Arguments.safeParse(call.arguments ?? {});
  if (!given.success || !isStorable(call)) {
    throw new sdk.ProtocolError(sdk.ProtocolErrorCode.InvalidParams, "A text of the call holds U+0000 or half of a surrogate pair");
  }
  return toToolResult(await relay.call(tool.operation, toRelayedCall(tool.operation, given.data, call._meta)));
}
