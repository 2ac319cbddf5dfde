import type { JsonValue } from "../crypto/canonical-json.ts";
import { utf8 } from "../crypto/encoding.ts";
import { isJsonArray, isJsonObject, memberOf, type JsonObject } from "../expressions/json.ts";

/** In UTF-8, names and all; base64 adds a third. Beside a credential of 4 KiB it is what servers take: Node's 16 KiB in all, nginx's 8 a line. */
const mostBytes = 6_144;
const token = /^[\w!#$%&'*+.^`|~-]{1,128}$/;

/**
 * The arguments that a tool's schema wants in headers as well, `Mcp-Param-…` by the names that it gives them with `x-mcp-header` (2026-07-28,
 * Streamable HTTP). Whatever the names are, no other header is reached by them. What is no text, number or boolean is in no header.
 */
export const paramHeaders = (schema: JsonObject, args: JsonObject): Readonly<Record<string, string>> =>
  Object.fromEntries(ofProperties(schema, args));

/** Longer ones break the connection of some servers: nobody would know what came of a call that was never taken. */
export const fitsInHeaders = (headers: Readonly<Record<string, string>>): boolean =>
  utf8(Object.entries(headers).flat().join("")).length <= mostBytes;

function ofProperties(schema: JsonObject, args: JsonObject): [name: string, value: string][] {
  const properties = memberOf(schema, "properties");
  if (!isJsonObject(properties)) return [];
  return Object.entries(args).flatMap(([name, value]) => {
    const property = memberOf(properties, name);
    return value === undefined || !isJsonObject(property) ? [] : ofProperty(property, value);
  });
}

function ofProperty(property: JsonObject, value: JsonValue): [name: string, value: string][] {
  if (isJsonObject(value)) return ofProperties(property, value);
  const name = memberOf(property, "x-mcp-header");
  if (typeof name !== "string" || !token.test(name) || value === null || isJsonArray(value)) return [];
  return [[`mcp-param-${name.toLowerCase()}`, String(value)]];
}
