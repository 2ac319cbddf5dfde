import { scopes } from "../../access/scopes.ts";
import { defineOperation } from "../../http/define-operation.ts";
import type { Basics, Operation } from "../../http/operation.ts";
import { ResourceMetadata } from "./schemas.ts";
import { serveMcp } from "./serve-mcp.ts";

const path = "/mcp";

const metadata = {
  governance: "system",
  method: "get",
  access: { mode: "public" },
  summary: "What the MCP resource takes as a credential (RFC 9728)",
  request: {},
  response: { status: 200, body: ResourceMetadata, anyOrigin: true, cacheControl: "public, max-age=3600" },
  handle: async ({ env: { publicOrigin } }: Basics) => ({
    resource: `${publicOrigin}${path}`,
    resource_name: "Armalo",
    resource_documentation: `${publicOrigin}/docs`,
    bearer_methods_supported: ["header"] satisfies ["header"],
    scopes_supported: [...scopes],
  }),
} as const;

/** The Model Context Protocol. The table is handed in as a function, since these operations are part of it. */
export const mcpOperations = (table: () => readonly Operation[]): Operation[] => [
  defineOperation({
    governance: "relay",
    method: "post",
    access: { mode: "relay" },
    id: "mcp.serve",
    path,
    summary: "The Model Context Protocol, revisions 2026-07-28 and 2025-11-25, over streamable HTTP without sessions",
    guide:
      "Tools are operations of this API: each call runs that operation for the caller's own credential, with its scope, its limits and its audit. Without a credential there are the public and the payable ones.",
    request: {},
    response: { status: 200, relayed: true },
    handle: (context) => serveMcp(context, table()),
  }),
  defineOperation({ ...metadata, id: "mcp.describe", path: "/.well-known/oauth-protected-resource/mcp" }),
  defineOperation({ ...metadata, id: "mcp.describe_root", path: "/.well-known/oauth-protected-resource" }),
];
