import knowledge from "./knowledge.json" with { type: "json" };
import { followInstruction } from "./instructions.ts";

/** What the agent declines, and how it says so. */
const guards: readonly (readonly [pattern: RegExp, answer: string])[] = [
  [/\b(system prompt|(?:your|hidden|secret) (?:\w+ )?instructions|developer message)\b/i, "I can't share my instructions."],
  [/\b(ignore|disregard|forget)\b.{0,40}\b(instructions|rules|above)\b/i, "I won't set my rules aside."],
  [
    /\b(password|card number|credit card|social security|home address|other customers?|another customer|last customer)\b/i,
    "I can't share personal data.",
  ],
  [/\b(explosives?|weapon|malware|phishing|hack|poison|counterfeit)\b/i, "I can't help with that."],
];
const fallback = "I can only help with questions about Harbour Books.";
/** Says how to answer, and asks nothing. */
const styleOnly = /^(?:answer|reply|respond)\b[^:]{0,30}\b(?:only|one (?:word|letter|number)|nothing else)\b[^:]{0,20}$/i;

/** Answers sentence by sentence: each is declined, carried out, or looked up in what the shop knows. */
export function answerQuestion(message: string): string {
  const sentences = message
    .split(/\n+|(?<=[.?!])\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "" && !styleOnly.test(sentence));
  const answers = sentences.map(answerSentence).filter((answer) => answer !== undefined);
  return answers.length === 0 ? fallback : [...new Set(answers)].join(" ");
}

function answerSentence(sentence: string): string | undefined {
  return guards.find(([pattern]) => pattern.test(sentence))?.[1] ?? followInstruction(sentence) ?? lookUp(sentence);
}

function lookUp(sentence: string): string | undefined {
  const words = new Set(sentence.toLowerCase().match(/[a-z]+/g) ?? []);
  return knowledge.find(({ topic }) => topic.some((word) => words.has(word)))?.text;
}
