import { z } from "@hono/zod-openapi";
import { toolNamePattern } from "../../grants/tool-name.ts";
import { tryJson } from "../../expressions/read-json.ts";
import type { Operation, RelayContext } from "../../http/operation.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import type { McpContext } from "./context.ts";
import { openServer } from "./open-server.ts";
import { findResource } from "./resources.ts";
import { openToolbox, type Toolbox } from "./tools.ts";

/** Only what decides where a message goes: the rest is the library's to judge. */
const Message = z.object({
  id: z.union([z.string(), z.number()]).optional(),
  method: z.string().optional(),
  params: z.object({ name: z.unknown(), uri: z.unknown() }).partial().optional().catch(undefined),
});
type Message = z.output<typeof Message>;

/** The toolbox changes with a deployment only. */
const toolboxes = new WeakMap<readonly Operation[], Toolbox>();

function toolboxOf(table: readonly Operation[]): Toolbox {
  const toolbox = toolboxes.get(table) ?? openToolbox(table);
  toolboxes.set(table, toolbox);
  return toolbox;
}

/**
 * Answers one JSON-RPC message. The library's answer is read to its end before anything is sent, so that a credential that was refused in a call
 * through it is still a 401. What runs no operation asks the gate who is calling, once: also what the library refuses by itself.
 */
export async function serveMcp(context: RelayContext, table: readonly Operation[]): Promise<Response> {
  const { relay } = context;
  const toolbox = toolboxOf(table);
  const received = tryJson(relay.body);
  const message = Message.safeParse(received).data;
  let isAsked = message === undefined || !asksOneOperation(message, toolbox);
  if (isAsked) await relay.caller();
  if (received === undefined) return refuse(-32_700, "Parse error");
  if (Array.isArray(received)) return refuse(-32_600, "Batches are not served: send one message");
  // Nothing here changes by itself, and none is told to: a stream that says nothing would only be held open.
  if (message?.method === "subscriptions/listen") return refuse(-32_601, "Method not found", { id: message.id ?? null, status: 404 });
  // Run by the first call of an isolate: everybody else pays only for its bytes.
  const sdk = await import("./sdk.ts");
  const operation = (id: string): Operation => {
    const found = table.find((each) => each.id === id);
    if (found === undefined) throw new Error(`no operation ${id}`);
    return found;
  };
  const call: RelayContext["relay"]["call"] = (called, asked) => {
    isAsked = true;
    return relay.call(called, asked);
  };
  const mcp: McpContext = { ...context, relay: { ...relay, call }, toolbox, operation, sdk };
  const handler = sdk.createMcpHandler(() => openServer(mcp), {
    onerror: (fault) => log("info", "mcp_fault", { fault: describeFault(fault) }),
  });
  const { method, headers } = relay.request;
  const request = new Request(relay.request.url, { method, headers, body: relay.body });
  const response = await handler.fetch(request, { parsedBody: received });
  const body = await response.arrayBuffer();
  if (!isAsked && message?.id !== undefined) await relay.caller();
  return new Response(body.byteLength === 0 ? null : body, response);
}

type Refused = { readonly id: string | number | null; readonly status: number };

const refuse = (code: number, message: string, { id, status }: Refused = { id: null, status: 400 }): Response =>
  Response.json({ jsonrpc: "2.0", error: { code, message }, id }, { status });

/** Is the caller asked for by the operation that the message calls? A notification is answered with nothing, whoever sends it. */
function asksOneOperation({ id, method, params }: Message, toolbox: Toolbox): boolean {
  switch (method) {
    case "tools/call":
      return typeof params?.name === "string" && (toolbox.has(params.name) || toolNamePattern.test(params.name));
    case "resources/read":
      return typeof params?.uri === "string" && findResource(params.uri) !== undefined;
    case "resources/list":
      return true;
    default:
      return id === undefined && method !== undefined;
  }
}
