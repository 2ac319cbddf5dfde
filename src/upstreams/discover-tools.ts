import type { Digest } from "../crypto/digest.ts";
import type { EgressEnvironment } from "../platform/egress.ts";
import { listTools, whyNotSent } from "./call-mcp.ts";
import { mcpRevisions, type McpRevision } from "./capability.ts";
import { openMcpSession, type McpServer } from "./mcp-session.ts";
import { digestTool, type UpstreamTool } from "./tool-digest.ts";
import type { NotSentReason } from "./upstream-result.ts";

export type DiscoveredTool = UpstreamTool & { readonly digest: Digest };
export type Discovery =
  | { readonly ok: true; readonly revision: McpRevision; readonly tools: readonly DiscoveredTool[] }
  | { readonly ok: false; readonly reason: NotSentReason };

/** Reads the tools of an MCP server, in the newest revision that it answers in, each with the digest to pin. */
export async function discoverTools(env: EgressEnvironment, server: Omit<McpServer, "revision">): Promise<Discovery> {
  let reason: NotSentReason = "unexpected_answer";
  for (const revision of mcpRevisions.toReversed()) {
    const session = await openMcpSession(env, { ...server, revision });
    const listed = "kind" in session ? ({ ok: false, reason: whyNotSent(session) } as const) : await listTools(session);
    if (listed.ok) {
      const tools = await Promise.all(listed.tools.map(async (tool) => ({ ...tool, digest: await digestTool(tool) })));
      return { ok: true, revision, tools };
    }
    ({ reason } = listed);
    if (reason !== "unexpected_answer") break;
  }
  return { ok: false, reason };
}
