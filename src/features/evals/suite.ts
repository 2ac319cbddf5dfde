import { z } from "@hono/zod-openapi";
import { jsonDigest, type Digest } from "../../crypto/digest.ts";
import { AnyJson } from "../../expressions/any-json.ts";
import { Expectation } from "./expectation.ts";

export const suiteLimits = { cases: 500, expectationsPerCase: 20, caseTimeoutMs: 60_000 } as const;

const Message = z.strictObject({ role: z.enum(["system", "user", "assistant"]), content: z.string().max(16_384) });
const Tool = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  description: z.string().max(1000).default(""),
  parameters: AnyJson.default({ type: "object" }).describe("A JSON Schema of the arguments."),
});

const CaseInput = z
  .union([z.string().max(16_384), z.array(Message).min(1).max(50)])
  .describe("What the agent is asked: one text, or a conversation that ends with what it is to answer.");

export const SuiteCase = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
    input: CaseInput,
    tools: z.array(Tool).max(20).optional().describe("Tools that the agent is offered."),
    timeoutMs: z.int().min(100).max(suiteLimits.caseTimeoutMs).default(30_000),
    passThreshold: z.number().min(0).max(1).default(1).describe("The weighted share of its checks that the case needs to pass."),
    expectations: z.array(Expectation).min(1).max(suiteLimits.expectationsPerCase),
  })
  .refine(({ expectations }) => expectations.filter(({ kind }) => kind === "pact").length <= 1, {
    path: ["expectations"],
    message: "a case checks the pact once",
  })
  .openapi("SuiteCase");
export type SuiteCase = z.output<typeof SuiteCase>;

export const SuiteDefinition = z
  .strictObject({
    name: z.string().trim().min(1).max(200),
    description: z.string().max(2000).optional(),
    floor: z.number().min(0).max(1).default(0.6).describe("What the true pass rate must exceed, with 95 % confidence, for a run to pass."),
    cases: z.array(SuiteCase).min(1).max(suiteLimits.cases),
  })
  .superRefine(({ cases }, context) => {
    const seen = new Set<string>();
    cases.forEach(({ id }, index) => {
      if (seen.has(id)) context.addIssue({ code: "custom", path: ["cases", index, "id"], message: "used by another case of this suite" });
      seen.add(id);
    });
  })
  .openapi("SuiteDefinition");
export type SuiteDefinition = z.output<typeof SuiteDefinition>;

/**
 * The SHA-256 of the RFC 8785 form of what a suite tests: its cases and floor, defaults filled in, and nothing of how it is called.
 * Equal tests have equal digests, whoever names them.
 */
export const digestSuite = ({ cases, floor }: SuiteDefinition): Promise<Digest> =>
  jsonDigest({ cases: cases.map((one) => ({ ...one })), floor });
