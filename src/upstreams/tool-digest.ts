import type { JsonValue } from "../crypto/canonical-json.ts";
import { jsonDigest, type Digest } from "../crypto/digest.ts";
import { isJsonObject, memberOf, type JsonObject } from "../expressions/json.ts";

/** What an upstream MCP server says of a tool, as far as it is pinned: whatever else it says may change. */
export type UpstreamTool = { readonly name: string; readonly description: string | null; readonly inputSchema: JsonObject };

/** Undefined where it is no tool (2025-11-25 and 2026-07-28, `Tool`). */
export function readTool(value: JsonValue): UpstreamTool | undefined {
  if (!isJsonObject(value)) return undefined;
  const [name, description, inputSchema] = [memberOf(value, "name"), memberOf(value, "description"), memberOf(value, "inputSchema")];
  if (typeof name !== "string" || !isJsonObject(inputSchema)) return undefined;
  if (description !== undefined && typeof description !== "string") return undefined;
  return { name, description: description ?? null, inputSchema };
}

/** SHA-256 of the RFC 8785 form of `{name, description, inputSchema}`; a description that is absent is null. */
export const digestTool = ({ name, description, inputSchema }: UpstreamTool): Promise<Digest> =>
  jsonDigest({ name, description, inputSchema });
