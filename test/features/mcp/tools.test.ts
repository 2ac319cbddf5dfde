import { z } from "@hono/zod-openapi";
import { describe, expect, it } from "vitest";
import { operations } from "../../../src/operations.ts";
import { annotate, openToolbox } from "../../../src/features/mcp/tools.ts";
import { toolSchemas } from "../../../src/features/mcp/tool-schema.ts";
import { toRelayedCall } from "../../../src/features/mcp/tool-call.ts";
import { toolNames } from "../../../src/http/tool-names.ts";
import type { Operation } from "../../../src/http/operation.ts";

const toolbox = openToolbox(operations);
const found = (id: string): Operation => {
  const operation = operations.find((each) => each.id === id);
  if (operation === undefined) throw new Error(id);
  return operation;
};

describe("the tools", () => {
  it("are the operations that opt in, each under a name of the closed list, and a wait", () => {
    const opted = operations.flatMap(({ tool }) => tool ?? []);
    expect([...toolbox.keys()]).toEqual([...opted, "approval_wait"]);
    expect([...toolbox.keys()].toSorted()).toEqual([...toolNames].toSorted());
  });

  it("are nothing that people decide, that makes a credential, or that an operator does", () => {
    for (const { operation } of toolbox.values()) {
      expect(["public", "tenant", "payable"], operation.id).toContain(operation.access.mode);
      expect(["credential", "sign-in", "room", "relay"], operation.id).not.toContain(operation.governance);
    }
  });

  it("take objects whose every reference is in them", () => {
    for (const [name, { listing }] of toolbox) {
      const text = JSON.stringify(listing.inputSchema);
      expect(listing.inputSchema.type, name).toBe("object");
      for (const [, ref = ""] of text.matchAll(/"#\/\$defs\/([^"]+)"/g)) expect(listing.inputSchema.$defs, name).toHaveProperty([ref]);
      expect(text, name).not.toContain("#/components");
    }
  });

  it("cannot be made of an operation that names a field twice, or takes a body that is no object", () => {
    const pact = found("pacts.verify");
    const twice = { ...pact, request: { ...pact.request, body: z.strictObject({ pactId: z.string() }) } };
    expect(() => toolSchemas([twice])).toThrow("pacts.verify has two fields of the name pactId");
    const list = { ...pact, request: { ...pact.request, body: z.array(z.string()) } };
    expect(() => toolSchemas([list])).toThrow("pacts.verify takes a body that is no object");
  });

  it("are annotated by method and class of their operation", () => {
    expect(annotate({ summary: "s", method: "get", governance: "tenant-read" })).toEqual({
      ...{ title: "s", readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    });
    expect(annotate({ summary: "s", method: "post", governance: "tenant-mutation" })).toMatchObject({
      ...{ readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
    });
    expect(annotate({ summary: "s", method: "delete", governance: "tenant-mutation" })).toMatchObject({
      ...{ readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    });
    expect(annotate({ summary: "s", method: "post", governance: "autonomous-action" })).toMatchObject({
      ...{ readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    });
    expect(toolbox.get("start_eval_run")?.listing.annotations.openWorldHint).toBe(true);
  });
});

describe("a tool's arguments", () => {
  const check = toolbox.get("check_pact");
  const list = toolbox.get("list_pacts");
  if (check === undefined || list === undefined) throw new Error("no such tools");

  it("are parameters, query and body by where the operation has them, and what it does not know stays in", () => {
    expect(toRelayedCall(check, { pactId: "p", output: { b: 1, a: 2 }, odd: true }, {})).toEqual({
      params: { pactId: "p" },
      query: {},
      body: '{"odd":true,"output":{"a":2,"b":1}}',
    });
    expect(toRelayedCall(list, { limit: 5, state: "active", agentId: null, odd: [1] }, {})).toEqual({
      params: {},
      query: { limit: "5", state: "active", odd: "[1]" },
      body: undefined,
    });
  });

  it("bring a key and a payment in their metadata, the payment in one form whatever its order", () => {
    const one = toRelayedCall(check, { pactId: "p" }, { "armalo/idempotency-key": "k", "x402/payment": { a: 1, b: { c: 2, d: 3 } } });
    const other = toRelayedCall(check, { pactId: "p" }, { "x402/payment": { b: { d: 3, c: 2 }, a: 1 } });
    expect([one.idempotencyKey, one.payment]).toEqual(["k", btoa('{"a":1,"b":{"c":2,"d":3}}')]);
    expect(other.payment).toBe(one.payment);
  });
});
