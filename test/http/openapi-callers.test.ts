import { describe, expect, it } from "vitest";
import { z } from "zod";
import { openApiDocument } from "../../src/http/openapi.ts";
import { operations } from "../../src/operations.ts";
import { closures } from "../../src/rooms/close-codes.ts";

const Described = z.object({
  description: z.string(),
  security: z.array(z.record(z.string(), z.unknown())),
  responses: z.record(z.string(), z.object({ headers: z.record(z.string(), z.unknown()).optional() })),
});
const Document = z.object({
  paths: z.record(z.string(), z.record(z.string(), Described)),
  components: z.object({ securitySchemes: z.record(z.string(), z.object({ description: z.string() })) }),
});
const document = Document.parse(openApiDocument(operations, "https://armalo.test"));
const described = (path: string, method: string) => Described.parse(document.paths[path]?.[method]);

describe("the API reference, for callers without an account", () => {
  const connect = described("/v1/rooms/{roomId}/connect", "get");

  it.each(Object.entries(closures))("says what closing a socket as %s means", (_, [code, reason]) => {
    expect(connect.description).toContain(`- ${code}: ${reason}.`);
  });

  it.each(["subscribe", "unsubscribe", "publish", "ack", "refresh", "presence"])("shows the frame %s", (type) => {
    expect(connect.description).toContain(`{"type":"${type}"`);
  });

  it("says which subprotocols a socket names", () => {
    expect(connect.description).toMatch(/`armalo\.room\.v1`.*`bearer\.<token>`/);
  });

  it("asks a room's callers for a token of the room, not for a key", () => {
    expect(described("/v1/rooms/{roomId}/messages", "post").security).toEqual([{ room: [] }]);
    expect(document.components.securitySchemes["room"]?.description).toContain("/v1/rooms/{roomId}/tokens");
  });

  it("says where a payer finds the payment, and what a 503 asks of it", () => {
    const { responses } = described("/v1/agents/{agentId}/score", "get");
    expect(Object.keys(responses["200"]?.headers ?? {})).toEqual(["PAYMENT-RESPONSE", "X-Payment-Id"]);
    expect(Object.keys(responses["503"]?.headers ?? {})).toEqual(["Retry-After", "X-Payment-Id"]);
  });
});

describe("the API reference, for people", () => {
  it("says that a session does what a key does, and that some things only a session does", () => {
    expect(described("/v1/members", "get").security).toEqual([{ bearer: [] }, { session: [] }]);
    expect(described("/v1/members", "post").security).toEqual([{ session: [] }]);
    expect(described("/v1/agents/{agentId}/score", "get").security).toEqual([{ bearer: [] }, { session: [] }, { x402: [] }]);
    expect(described("/webhooks/clerk", "post").security).toEqual([{ signature: [] }]);
  });
});
