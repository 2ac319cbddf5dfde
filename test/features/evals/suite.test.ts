import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestSuite, SuiteDefinition } from "../../../src/features/evals/suite.ts";

const suite = (over: Record<string, unknown> = {}) => ({
  name: "Greetings",
  cases: [{ id: "hello", input: "Say hello", expectations: [{ kind: "contains", values: ["hello"] }] }],
  ...over,
});
const withCase = (over: Record<string, unknown>) => suite({ cases: [{ ...suite().cases[0], ...over }] });
const digestOf = (definition: unknown): Promise<string> => digestSuite(SuiteDefinition.parse(definition));

describe("SuiteDefinition", () => {
  it("fills in what was left out", () => {
    const parsed = SuiteDefinition.parse(suite());
    expect(parsed.floor).toBe(0.6);
    expect(parsed.cases[0]).toMatchObject({ timeoutMs: 30_000, passThreshold: 1 });
    expect(parsed.cases[0]?.expectations[0]).toEqual({
      kind: "contains",
      values: ["hello"],
      match: "all",
      ignoreCase: true,
      dimension: "accuracy",
      required: false,
      weight: 1,
    });
  });

  it.each([
    ["no cases", suite({ cases: [] })],
    ["more than 500 cases", suite({ cases: Array.from({ length: 501 }, (_, index) => ({ ...suite().cases[0], id: `c${index}` })) })],
    ["two cases of one id", suite({ cases: [suite().cases[0], suite().cases[0]] })],
    ["an unknown field", suite({ author: "me" })],
    ["an unknown field of a case", withCase({ answer: "hello" })],
    ["an unknown kind of check", withCase({ expectations: [{ kind: "javascript", code: "true" }] })],
    ["no expectation", withCase({ expectations: [] })],
    ["two checks of the pact", withCase({ expectations: [{ kind: "pact" }, { kind: "pact" }] })],
    ["a dimension that only receipts feed", withCase({ expectations: [{ kind: "contains", values: ["x"], dimension: "counterparty" }] })],
    ["a claim of pact compliance", withCase({ expectations: [{ kind: "contains", values: ["x"], dimension: "pactCompliance" }] })],
    ["a time limit over a minute", withCase({ timeoutMs: 60_001 })],
    ["an input that is too long", withCase({ input: "x".repeat(16_385) })],
    ["an id with a space", withCase({ id: "a b" })],
  ])("refuses %s", (_, definition) => {
    expect(SuiteDefinition.safeParse(definition).success).toBe(false);
  });
});

describe("digestSuite", () => {
  it("gives equal tests equal digests, whatever they are called and however they are written", async () => {
    const digest = await digestOf(suite());
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await digestOf(suite({ name: "Another name", description: "and words" }))).toBe(digest);
    expect(await digestOf(withCase({ timeoutMs: 30_000, passThreshold: 1 }))).toBe(digest);
    expect(await digestOf(suite({ floor: 0.9 }))).not.toBe(digest);
    expect(await digestOf(withCase({ input: "Say goodbye" }))).not.toBe(digest);
  });

  it("gives different inputs different digests", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 50 }), fc.string({ maxLength: 50 }), async (one, other) => {
        expect((await digestOf(withCase({ input: one }))) === (await digestOf(withCase({ input: other })))).toBe(one === other);
      }),
      { numRuns: 50 },
    );
  });
});
