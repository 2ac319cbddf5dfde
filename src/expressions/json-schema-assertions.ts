import type { JsonValue } from "../crypto/canonical-json.ts";
import { compareDecimals, decimalOf, isMultipleOf, type Decimal } from "./decimal.ts";
import { comparable, isJsonArray, isJsonObject, kindOf, weightOf } from "./json.ts";
import { invalid, must, pay, perPart, settle, type Check, type Keyword, type Run } from "./json-schema-check.ts";
import { formatNames, hasFormat } from "./json-schema-formats.ts";
import { compilePattern } from "./pattern.ts";

const maxCompared = 64;
/** Comparing decimals, of up to 640 digits, and reading a text as one of the formats. */
const perDecimal = 64;
const perFormat = 32;
const kinds = ["null", "boolean", "number", "integer", "string", "array", "object"];

/** Keywords that say something of the value itself. Each applies to its own kind of value and to no other. */
export const assertions: Readonly<Record<string, Keyword>> = {
  type: (argument) => {
    const allowed = new Set(textList(isJsonArray(argument) ? argument : [argument]));
    for (const name of allowed) if (!kinds.includes(name)) invalid(`unknown type: ${name}`);
    return must("type", (value) => allowed.has(kindOf(value)) || (allowed.has("integer") && Number.isInteger(value)));
  },
  enum: (argument) => {
    if (!isJsonArray(argument) || argument.length === 0) return invalid("a list of values is needed");
    const allowed = new Set(argument.map(comparable));
    return must("enum", (value, run) => allowed.has(comparableWithin(value, run)));
  },
  const: (argument) => {
    const only = comparable(argument);
    return must("const", (value, run) => comparableWithin(value, run) === only);
  },

  minimum: limit("minimum", (order) => order >= 0),
  maximum: limit("maximum", (order) => order <= 0),
  exclusiveMinimum: limit("exclusiveMinimum", (order) => order > 0),
  exclusiveMaximum: limit("exclusiveMaximum", (order) => order < 0),
  multipleOf: (argument) => {
    const step = decimal(argument);
    if (step.coefficient <= 0n) invalid("must be above 0");
    return forDecimals("multipleOf", (value) => isMultipleOf(value, step));
  },

  minLength: counted("minLength", charactersOf, (size, limit) => size >= limit),
  maxLength: counted("maxLength", charactersOf, (size, limit) => size <= limit),
  pattern: (argument, context) => {
    const compiled = compilePattern(text(argument), context.budget);
    if (!compiled.ok) return invalid(compiled.detail);
    const { pattern } = compiled;
    return must("pattern", (value, run) => typeof value !== "string" || settle(pattern.test(value, run.budget)));
  },
  format: (argument) => {
    const name = text(argument);
    if (!formatNames.includes(name)) return invalid(`unknown format; known are ${formatNames.join(", ")}`);
    return must("format", (value, run) => typeof value !== "string" || (pay(run, perFormat + value.length), hasFormat(name, value)));
  },

  minItems: counted("minItems", itemsOf, (size, limit) => size >= limit),
  maxItems: counted("maxItems", itemsOf, (size, limit) => size <= limit),
  uniqueItems: (argument) => {
    if (typeof argument !== "boolean") return invalid("true or false is needed");
    return must("uniqueItems", (value, run) => {
      if (!argument || !isJsonArray(value)) return true;
      pay(run, weightOf(value, maxCompared) * perPart);
      return new Set(value.map(comparable)).size === value.length;
    });
  },

  minProperties: counted("minProperties", membersOf, (size, limit) => size >= limit),
  maxProperties: counted("maxProperties", membersOf, (size, limit) => size <= limit),
  required: (argument) => {
    const names = textList(argument);
    return must("required", (value, run) => {
      if (!isJsonObject(value)) return true;
      pay(run, names.length * perPart);
      return names.every((name) => Object.hasOwn(value, name));
    });
  },
  dependentRequired: (argument) => {
    if (!isJsonObject(argument)) return invalid("an object is needed");
    const needs = Object.entries(argument).map(([name, needed]) => [name, textList(needed)] as const);
    const work = needs.reduce((sum, [, needed]) => sum + perPart * (1 + needed.length), 0);
    return must("dependentRequired", (value, run) => {
      if (!isJsonObject(value)) return true;
      pay(run, work);
      return needs.every(([name, needed]) => !Object.hasOwn(value, name) || needed.every((other) => Object.hasOwn(value, other)));
    });
  },
};

export function text(argument: JsonValue): string {
  return typeof argument === "string" ? argument : invalid("a text is needed");
}

function textList(argument: JsonValue | undefined): readonly string[] {
  return isJsonArray(argument) ? argument.map(text) : invalid("a list of texts is needed");
}

export function count(argument: JsonValue): number {
  return typeof argument === "number" && Number.isSafeInteger(argument) && argument >= 0
    ? argument
    : invalid("a whole number of at least 0 is needed");
}

function decimal(argument: JsonValue): Decimal {
  return (typeof argument === "number" ? decimalOf(argument) : undefined) ?? invalid("a number is needed");
}

function forDecimals(keyword: string, holds: (value: Decimal) => boolean): Check {
  return must(keyword, (value, run) => {
    if (typeof value !== "number") return true;
    pay(run, perDecimal);
    const exact = decimalOf(value);
    return exact !== undefined && holds(exact);
  });
}

function limit(keyword: string, holds: (order: number) => boolean): Keyword {
  return (argument) => {
    const bound = decimal(argument);
    return forDecimals(keyword, (value) => holds(compareDecimals(value, bound)));
  };
}

function counted(
  keyword: string,
  sizeOf: (value: JsonValue, run: Run) => number | undefined,
  holds: (size: number, limit: number) => boolean,
): Keyword {
  return (argument) => {
    const bound = count(argument);
    return must(keyword, (value, run) => {
      const size = sizeOf(value, run);
      return size === undefined || holds(size, bound);
    });
  };
}

/** Unicode code points, as the specification counts them. */
function charactersOf(value: JsonValue, run: Run): number | undefined {
  if (typeof value !== "string") return undefined;
  pay(run, value.length);
  let size = 0;
  for (const _ of value) size += 1;
  return size;
}

function itemsOf(value: JsonValue): number | undefined {
  return isJsonArray(value) ? value.length : undefined;
}

function membersOf(value: JsonValue, run: Run): number | undefined {
  if (!isJsonObject(value)) return undefined;
  const { length } = Object.keys(value);
  pay(run, length * perPart * 2);
  return length;
}

function comparableWithin(value: JsonValue, run: Run): string {
  pay(run, weightOf(value, maxCompared) * perPart);
  return comparable(value);
}
