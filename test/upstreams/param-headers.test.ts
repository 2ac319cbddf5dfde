import { expect, it } from "vitest";
import { paramHeaders } from "../../src/upstreams/param-headers.ts";

const named = (name: unknown) => ({ properties: { a: { "x-mcp-header": String(name) } } });

it("names what the schema names, at any depth, and nothing else", () => {
  const schema = { properties: { deep: named("Deep-Er"), plain: { type: "string" }, list: { "x-mcp-header": "List" } } };
  const args = { deep: { a: false, b: 1 }, plain: "x", list: ["x"], unheard: "x" };
  expect(paramHeaders(schema, args)).toEqual({ "mcp-param-deep-er": "false" });
  expect(paramHeaders(named("Amount"), { a: 12.5 })).toEqual({ "mcp-param-amount": "12.5" });
  expect(paramHeaders({ type: "object" }, { a: "x" })).toEqual({});
  expect(paramHeaders(named("A"), { a: null })).toEqual({});
});

it.each(["", "a b", "a\r\nAuthorization", "a:", "ä", "a".repeat(129)])("makes no header of a name that is none: %j", (name) => {
  expect(paramHeaders(named(name), { a: "x" })).toEqual({});
});

it("reads no property that every JavaScript object has", () => {
  expect(paramHeaders(JSON.parse('{"properties":{}}'), { constructor: "x", toString: "y" })).toEqual({});
});
