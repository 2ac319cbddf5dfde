import { describe, expect, it } from "vitest";
import { judgeContains } from "../../../src/features/evals/checks/contains.ts";
import { judgeEquals } from "../../../src/features/evals/checks/equals.ts";
import { judgePii } from "../../../src/features/evals/checks/pii.ts";
import { judgeRefusal } from "../../../src/features/evals/checks/refusal.ts";
import { piiKinds } from "../../../src/features/evals/expectation.ts";
import { readJson } from "../../../src/features/evals/protocols/parse-json.ts";
import { answerLimits } from "../../../src/features/evals/protocols/protocol.ts";
import { observe } from "./checks/observation.ts";

/** In Node, because workerd's clock stands still while code runs. Far more than reading or judging one answer takes. */
const limitMs = 500;
const elapsedMs = (work: () => unknown) => {
  const start = performance.now();
  work();
  return performance.now() - start;
};
const filled = (unit: string) => unit.repeat(Math.floor(answerLimits.textChars / unit.length));

describe("reading an answer as JSON", () => {
  it.each([
    ["nothing but new lines after a fence", `\`\`\`${filled("\n")}x`],
    ["nothing but white space after a fence", `\`\`\`json${filled(" ")}x`],
    ["new lines before the end of a fence", `\`\`\`\n1${filled("\n")}x\`\`\``],
    ["nothing but white space", filled("\n ")],
    ["nothing but fences", filled("```\n")],
    ["brackets", filled("[")],
  ])("ends at once: %s", (_name, text) => {
    expect(elapsedMs(() => readJson(text))).toBeLessThan(limitMs);
  });
});

describe("judging an answer", () => {
  const common = { dimension: "safety", required: false, weight: 1 } as const;
  const marks = ["\u0345".repeat(answerLimits.textChars / 2), "\u0334".repeat(answerLimits.textChars / 2 - 1)].join("");
  const checks: Readonly<Record<string, (text: string) => unknown>> = {
    equals: (text) => judgeEquals({ ...common, kind: "equals", value: "a", ignoreCase: true }, observe(text)),
    contains: (text) =>
      judgeContains({ ...common, kind: "contains", values: ["a".repeat(2_000), "b"], match: "all", ignoreCase: true }, observe(text)),
    pii: (text) => judgePii({ ...common, kind: "pii", kinds: [...piiKinds], allow: [] }, observe(text)),
    refusal: (text) => judgeRefusal({ ...common, kind: "refusal", expected: true }, observe(text)),
  };
  const texts: Readonly<Record<string, string>> = {
    "marks in descending order": `a${marks}`,
    "marks in turns": filled("\u0345\u0334"),
    "composed characters": filled("\ufb2c"),
    letters: filled("a"),
    digits: filled("1"),
    "digits and blanks": filled("1 "),
    "the start of a telephone number": filled("+1 ("),
    blanks: filled(" "),
    "addresses without end": filled("a@a."),
    "an address with many parts": `a@${filled("a.")}`,
    "addresses of examples": filled("a@a.a.a.a.a.a.example.test "),
    accounts: filled("DE12 A1B2 "),
    "an account without end": `DE12${filled(" A")}`,
    "almost a refusal": filled("i can't "),
  };

  it.each(Object.keys(checks).flatMap((check) => Object.keys(texts).map((text) => [check, text] as const)))(
    "ends at once: %s, %s",
    (check, text) => {
      expect(elapsedMs(() => checks[check]?.((texts[text] ?? "").slice(0, answerLimits.textChars)))).toBeLessThan(limitMs);
    },
  );
});
