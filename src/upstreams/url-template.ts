import type { JsonValue } from "../crypto/canonical-json.ts";
import { memberOf, type JsonObject } from "../expressions/json.ts";

type Segment = { readonly text: string } | { readonly variable: string };
type Pair = { readonly name: string; readonly value: Segment };
/** Scheme, host and port as they stand, and what follows them. */
export type UrlTemplate = {
  readonly origin: string;
  readonly segments: readonly Segment[];
  readonly pairs: readonly Pair[];
};

/** `specimen`: the URL with an `x` for each variable. */
export type TemplateReading =
  | { readonly ok: true; readonly template: UrlTemplate; readonly specimen: string }
  | { readonly ok: false; readonly detail: string };
export type Expansion = { readonly ok: true; readonly url: string } | { readonly ok: false; readonly detail: string };

/** What egress takes. */
const mostUrlChars = 2_048;
const refuse = (detail: string) => ({ ok: false, detail }) as const;

const form = /^(https?:\/\/[^/?#{}\\\s]+)(\/[^?#]*)(?:\?([^#]*))?$/;
const variable = /^\{([A-Za-z_]\w{0,63})\}$/;
/** Of RFC 3986, what stands for itself in a segment and in a query, percent-encoded octets with it. */
const literal = /^(?:[\w.~!$'()*,;:@-]|%[0-9A-Fa-f]{2})*$/;
const parameterName = /^(?:[\w.~!$'()*,;:@-]|%[0-9A-Fa-f]{2}){1,128}$/;

function readSegment(text: string): Segment | undefined {
  const [, name] = variable.exec(text) ?? [];
  if (name !== undefined) return { variable: name };
  return literal.test(text) ? { text } : undefined;
}

function readPair(text: string): Pair | undefined {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(at, 0));
  const value = readSegment(text.slice(at + 1));
  return at > 0 && parameterName.test(name) && value !== undefined ? { name, value } : undefined;
}

/**
 * Reads a URL template: RFC 6570 level 1, where a variable is a whole segment of the path or the whole value of a query parameter, and
 * nothing else. What it expands to is, text for text, the URL as the WHATWG parser writes it, so no part of it can mean another one.
 */
export function readTemplate(text: string): TemplateReading {
  const [, origin, path, query] = form.exec(text) ?? [];
  if (origin === undefined || path === undefined) return refuse("It is an absolute http or https URL with a path, and without a fragment.");
  const segments = path.slice(1).split("/").map(readSegment);
  const known = segments.filter((segment) => segment !== undefined);
  if (known.length < segments.length) return refuse("A segment of the path is text, or one variable such as {orderId}.");
  if (segments.slice(0, -1).some((segment) => segment !== undefined && "text" in segment && segment.text === "")) {
    return refuse("No segment of the path is empty.");
  }
  const pairs = query === undefined ? [] : query.split("&").map(readPair);
  const knownPairs = pairs.filter((pair) => pair !== undefined);
  if (knownPairs.length < pairs.length) return refuse("A query parameter is name=text or name={variable}.");
  const template: UrlTemplate = { origin, segments: known, pairs: knownPairs };
  const names = [...pathVariables(template), ...queryVariables(template)];
  const expanded = expandTemplate(template, Object.fromEntries(names.map((name) => [name, "x"])));
  return expanded.ok
    ? { ok: true, template, specimen: expanded.url }
    : refuse("It is not written as URLs are: in lower case, with no default port, and with no . or .. in it.");
}

const variablesOf = (parts: readonly Segment[]): readonly string[] => parts.flatMap((part) => ("variable" in part ? [part.variable] : []));
/** The arguments that the path needs, and those that the query takes: as often as they stand there. */
export const pathVariables = ({ segments }: UrlTemplate): readonly string[] => variablesOf(segments);
export const queryVariables = ({ pairs }: UrlTemplate): readonly string[] => variablesOf(pairs.map(({ value }) => value));

/** Simple expansion (RFC 6570, 3.2.2): everything but unreserved characters is percent-encoded. */
const encode = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function textOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? value : undefined;
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "boolean" ? String(value) : undefined;
}

/**
 * The URL for these arguments. In the path each variable has a value; a query parameter whose argument is left out is left out with it.
 * Strings, numbers and booleans are values; a segment is not empty, `.` or `..`.
 */
export function expandTemplate({ origin, segments, pairs }: UrlTemplate, args: JsonObject): Expansion {
  const path: string[] = [];
  for (const segment of segments) {
    const value = "text" in segment ? segment.text : textOf(memberOf(args, segment.variable));
    if (value === undefined) return refuse(`The path needs ${nameOf(segment)} as text, a number or a boolean.`);
    if ("variable" in segment && ["", ".", ".."].includes(value)) return refuse(`${segment.variable} cannot be a segment of a path.`);
    path.push("text" in segment ? value : encode(value));
  }
  const query: string[] = [];
  for (const { name, value } of pairs) {
    const given = "text" in value ? value.text : memberOf(args, value.variable);
    if (given === undefined) continue;
    const text = textOf(given);
    if (text === undefined) return refuse(`${nameOf(value)} stands in the query: it is text, a number or a boolean.`);
    query.push(`${name}=${"text" in value ? text : encode(text)}`);
  }
  const url = `${origin}/${path.join("/")}${query.length === 0 ? "" : `?${query.join("&")}`}`;
  if (url.length > mostUrlChars) return refuse(`The URL is longer than ${mostUrlChars} characters.`);
  return URL.parse(url)?.href === url ? { ok: true, url } : refuse("The URL is not what a URL parser makes of it.");
}

const nameOf = (segment: Segment): string => ("variable" in segment ? segment.variable : "its text");
