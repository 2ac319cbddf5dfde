import type { JsonValue } from "../crypto/canonical-json.ts";
import { isJsonArray, isJsonObject, memberOf, type JsonObject } from "./json.ts";
import { count } from "./json-schema-assertions.ts";
import { broken, invalid, must, pay, perPart, settle, within, type Check, type Keyword, type KeywordContext } from "./json-schema-check.ts";
import { compilePattern, type Pattern } from "./pattern.ts";

/** Keywords that apply schemas to the value or to its parts. */
export const applicators: Readonly<Record<string, Keyword>> = {
  allOf: (argument, context) => {
    const all = branches(argument, context);
    return (value, run) => firstFault(all, (check) => check(value, run));
  },
  anyOf: (argument, context) => {
    const any = branches(argument, context);
    return must("anyOf", (value, run) => any.some((check) => check(value, run) === undefined));
  },
  oneOf: (argument, context) => {
    const one = branches(argument, context);
    return must("oneOf", (value, run) => one.filter((check) => check(value, run) === undefined).length === 1);
  },
  not: (argument, context) => {
    const refused = context.compile(argument);
    return must("not", (value, run) => refused(value, run) !== undefined);
  },
  if: (argument, { compile, sibling }) => {
    const condition = compile(argument);
    const met = sibling("then");
    const unmet = sibling("else");
    return (value, run) => (condition(value, run) === undefined ? met : unmet)?.(value, run);
  },

  prefixItems: (argument, context) => {
    const places = branches(argument, context);
    return forLists((value, run) => firstFault(value.slice(0, places.length), (item, i) => within(i, places[i]?.(item, run))));
  },
  items: (argument, { compile, schema }) => {
    if (isJsonArray(argument)) return invalid("a list of schemas is written as prefixItems");
    const each = compile(argument);
    const prefix = isJsonArray(schema["prefixItems"]) ? schema["prefixItems"].length : 0;
    return forLists((value, run) => firstFault(value.slice(prefix), (item, i) => within(i + prefix, each(item, run))));
  },
  contains: (argument, { compile, schema }) => {
    const wanted = compile(argument);
    const least = count(schema["minContains"] ?? 1);
    const most = schema["maxContains"] === undefined ? Infinity : count(schema["maxContains"]);
    return forLists((value, run) => {
      const found = value.filter((item) => wanted(item, run) === undefined).length;
      return found >= least && found <= most ? undefined : broken("contains");
    });
  },

  properties: (argument, context) => {
    const members = [...subschemas(argument, context)];
    return forObjects((value, run) => {
      pay(run, members.length * perPart);
      return firstFault(members, ([name, check]) => onMember(value, name, (member) => check(member, run)));
    });
  },
  patternProperties: (argument, context) => {
    const members = patterned(argument, context);
    return forObjects((value, run) => {
      const names = namesOf(value, run);
      return firstFault(members, ([pattern, check]) =>
        firstFault(names, (name) =>
          settle(pattern.test(name, run.budget)) ? onMember(value, name, (member) => check(member, run)) : undefined,
        ),
      );
    });
  },
  additionalProperties: (argument, context) => {
    const { schema } = context;
    const other = context.compile(argument);
    const known = isJsonObject(schema["properties"]) ? schema["properties"] : {};
    const patterns = Object.keys(isJsonObject(schema["patternProperties"]) ? schema["patternProperties"] : {}).map((source) =>
      patternOf(source, context),
    );
    return forObjects((value, run) => {
      const isOther = (name: string) => !Object.hasOwn(known, name) && !patterns.some((pattern) => settle(pattern.test(name, run.budget)));
      return firstFault(namesOf(value, run).filter(isOther), (name) => onMember(value, name, (member) => other(member, run)));
    });
  },
  propertyNames: (argument, { compile }) => {
    const each = compile(argument);
    return forObjects((value, run) => firstFault(namesOf(value, run), (name) => within(name, each(name, run) && broken("propertyNames"))));
  },
};

type Run = Parameters<Check>[1];

const forLists =
  (check: (value: readonly JsonValue[], run: Run) => ReturnType<Check>): Check =>
  (value, run) => {
    if (!isJsonArray(value)) return undefined;
    pay(run, value.length);
    return check(value, run);
  };

const forObjects =
  (check: (value: JsonObject, run: Run) => ReturnType<Check>): Check =>
  (value, run) =>
    isJsonObject(value) ? check(value, run) : undefined;

function firstFault<T>(parts: readonly T[], check: (part: T, index: number) => ReturnType<Check>): ReturnType<Check> {
  for (const [index, part] of parts.entries()) {
    const fault = check(part, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function onMember(value: JsonObject, name: string, check: (member: JsonValue) => ReturnType<Check>): ReturnType<Check> {
  const member = memberOf(value, name);
  return member === undefined ? undefined : within(name, check(member));
}

function namesOf(value: JsonObject, run: Run): readonly string[] {
  const names = Object.keys(value);
  pay(run, names.length * perPart);
  return names;
}

function branches(argument: JsonValue, { compile }: KeywordContext): readonly Check[] {
  if (!isJsonArray(argument) || argument.length === 0) return invalid("a list of schemas is needed");
  return argument.map((branch, i) => compile(branch, String(i)));
}

function* subschemas(argument: JsonValue, { compile }: KeywordContext): Generator<readonly [string, Check]> {
  if (!isJsonObject(argument)) return invalid("an object of schemas is needed");
  for (const [name, subschema] of Object.entries(argument)) yield [name, compile(subschema ?? false, name)];
}

const patterned = (argument: JsonValue, context: KeywordContext): readonly (readonly [Pattern, Check])[] =>
  [...subschemas(argument, context)].map(([source, check]) => [patternOf(source, context), check] as const);

function patternOf(source: string, { budget }: KeywordContext): Pattern {
  const compiled = compilePattern(source, budget);
  return compiled.ok ? compiled.pattern : invalid(`${source}: ${compiled.detail}`);
}
