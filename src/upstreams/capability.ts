import { z } from "@hono/zod-openapi";
import { digestPattern } from "../crypto/digest.ts";
import { AnyJson } from "../expressions/any-json.ts";
import { idPattern } from "../platform/ids.ts";

const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/);
const JsonSchema = z.record(z.string(), AnyJson);

/** Where the sealed credential goes; what stands before it, such as `Bearer `, is no secret. */
const CredentialPlace = z.strictObject({ header: HeaderName, prefix: z.string().max(32).default("") });

const Cost = z.union([
  z.strictObject({
    currency: z.string().regex(/^[A-Z]{3,5}$/),
    microsPerCall: z.int().min(0).max(9_000_000_000_000_000).openapi({ description: "Millionths of the currency's unit." }),
  }),
  z.strictObject({
    currency: z.string().regex(/^[A-Z]{3,5}$/),
    argument: z.string().min(1).max(256).openapi({ description: "Where the amount stands in the arguments, as a number of whole units." }),
  }),
]);

const shared = {
  argumentsSchema: JsonSchema.openapi({ description: "JSON Schema (2020-12) of the arguments: of type `object`." }),
  cost: Cost.nullable().default(null).openapi({ description: "What one call costs; null: it has no price." }),
  credential: CredentialPlace.nullable()
    .default(null)
    .openapi({ description: "The header that the sealed credential goes into, and what stands before it there, such as `Bearer `." }),
  timeoutMs: z
    .int()
    .min(100)
    .max(30_000)
    .default(10_000)
    .openapi({ description: "For the whole call, in milliseconds. After it the effect is unknown." }),
  counterpartyOrgId: z
    .string()
    .regex(idPattern("organization"))
    .nullable()
    .default(null)
    .openapi({ description: "The organization that is on the other side, and may rate what was done." }),
};

/** Of the Model Context Protocol: with a session that is opened for each call, and without sessions. */
export const mcpRevisions = ["2025-11-25", "2026-07-28"] as const;
export type McpRevision = (typeof mcpRevisions)[number];

/** What a version of a capability is: one HTTP operation, or one tool of an upstream MCP server. */
export const CapabilityDefinition = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("http"),
    method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE"]),
    urlTemplate: z.string().min(1).max(2_000).openapi({
      description: "RFC 6570 level 1 in path segments and query values alone: `https://api.example/v1/orders/{orderId}?note={note}`.",
    }),
    answerSchema: JsonSchema.nullable()
      .default(null)
      .openapi({ description: "JSON Schema of the answer: a 2xx that does not fit it is an unknown effect. Null: any answer will do." }),
    ...shared,
  }),
  z.strictObject({
    kind: z.literal("mcp"),
    url: z.url().max(2_000),
    tool: z.string().min(1).max(128),
    revision: z
      .enum(mcpRevisions)
      .default("2025-11-25")
      .openapi({ description: "The revision of the protocol that the server is spoken to in." }),
    toolDigest: z.string().regex(digestPattern).openapi({
      description:
        "SHA-256 of the RFC 8785 form of the tool's `{name, description, inputSchema}` as it is pinned: `POST /v1/capabilities/discover-tools` shows it.",
    }),
    ...shared,
  }),
]);
export type CapabilityDefinition = z.output<typeof CapabilityDefinition>;
