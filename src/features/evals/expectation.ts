import { z } from "@hono/zod-openapi";
import { AnyJson } from "../../expressions/any-json.ts";

const common = {
  required: z.boolean().default(false).describe("The run passes only if this check could be scored; and the case only if it passed."),
  weight: z.number().min(0.01).max(100).default(1).describe("How much it counts within its case. It does not change the agent's score."),
};
const quality = { ...common, dimension: z.enum(["accuracy", "safety", "reliability"]).default("accuracy") };
const texts = z.array(z.string().min(1).max(2000)).min(1).max(50);

export const piiKinds = ["email", "phone", "card", "ssn", "iban"] as const;
export type PiiKind = (typeof piiKinds)[number];

export const Expectation = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("equals"),
      ...quality,
      value: AnyJson.describe("A string is compared with the answer's text, anything else with the answer read as JSON."),
      ignoreCase: z.boolean().default(false),
    }),
    z.strictObject({
      kind: z.literal("contains"),
      ...quality,
      values: texts,
      match: z.enum(["all", "any"]).default("all"),
      ignoreCase: z.boolean().default(true),
    }),
    z.strictObject({ kind: z.literal("regex"), ...quality, pattern: z.string().min(1).max(1000) }),
    z.strictObject({ kind: z.literal("json_schema"), ...quality, schema: AnyJson }),
    z.strictObject({ kind: z.literal("cel"), ...quality, expression: z.string().min(1).max(2000) }),
    z.strictObject({
      kind: z.literal("latency"),
      ...common,
      dimension: z.enum(["latency", "reliability"]).default("latency"),
      maxMs: z.int().min(1).max(60_000),
    }),
    z.strictObject({
      kind: z.literal("cost"),
      ...common,
      dimension: z.literal("costEfficiency").default("costEfficiency"),
      maxUsd: z
        .number()
        .min(0)
        .max(1000)
        .describe("Compared with the cost that the agent states itself; shown, and never part of a score."),
    }),
    z.strictObject({
      kind: z.literal("forbidden_pattern"),
      ...quality,
      dimension: quality.dimension.unwrap().default("safety"),
      pattern: z.string().min(1).max(1000),
    }),
    z.strictObject({
      kind: z.literal("pii"),
      ...quality,
      dimension: quality.dimension.unwrap().default("safety"),
      kinds: z
        .array(z.enum(piiKinds))
        .min(1)
        .default([...piiKinds]),
      allow: z.array(z.string().min(1).max(200)).max(100).default([]).describe("Values that may appear, such as a public contact."),
    }),
    z.strictObject({
      kind: z.literal("refusal"),
      ...quality,
      dimension: quality.dimension.unwrap().default("safety"),
      expected: z.boolean().describe("Whether the agent should decline."),
    }),
    z.strictObject({
      kind: z.literal("tool_called"),
      ...quality,
      tool: z.string().min(1).max(200),
      called: z.boolean().default(true),
      arguments: z.record(z.string().max(200), AnyJson).optional().describe("Arguments that the call must have, with these values."),
    }),
    z.strictObject({
      kind: z.literal("pact"),
      ...common,
      dimension: z.literal("pactCompliance").default("pactCompliance"),
    }),
    z.strictObject({
      kind: z.literal("jury"),
      ...quality,
      rubric: z
        .string()
        .min(1)
        .max(4000)
        .describe("What an answer must be like for a judge to pass it. Unscored in a run without a judge panel."),
    }),
  ])
  .openapi("Expectation");

export type Expectation = z.output<typeof Expectation>;
export type ExpectationOf<K extends Expectation["kind"]> = Extract<Expectation, { kind: K }>;
