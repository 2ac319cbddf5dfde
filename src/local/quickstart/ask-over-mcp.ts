import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";
import { Invoked, type Ask } from "./refund-calls.ts";

export type McpAgent = { readonly revision: string; readonly tool: string; readonly ask: Ask; readonly close: () => Promise<void> };

/** An agent with the official MCP client, which finds its grant as a tool of its own. */
export async function connectMcp(url: string, key: string): Promise<McpAgent> {
  const client = new Client({ name: "example-clerk", version: "1.1.0" }, { versionNegotiation: { mode: "auto" } });
  const requestInit = { headers: { authorization: `Bearer ${key}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit }));
  const { tools } = await client.listTools();
  const tool = tools.find(({ name }) => name === "refund_order");
  if (tool === undefined) throw new Error("the agent's MCP client does not see the tool that it was granted");
  return {
    revision: client.getNegotiatedProtocolVersion() ?? "",
    tool: tool.name,
    ask: async (refund) => {
      const { structuredContent } = await client.callTool({ name: tool.name, arguments: z.record(z.string(), z.json()).parse(refund) });
      return Invoked.parse(structuredContent);
    },
    close: () => client.close(),
  };
}
