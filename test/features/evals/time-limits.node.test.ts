import { describe, expect, it } from "vitest";
import { readJson } from "../../../src/features/evals/protocols/parse-json.ts";
import { answerLimits } from "../../../src/features/evals/protocols/protocol.ts";

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
