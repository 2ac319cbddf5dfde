import type { AgentAnswer, Observation } from "../../../../src/features/evals/checks/judgement.ts";
import { answerOf } from "../../../../src/features/evals/protocols/protocol.ts";

/** An answered case, as a check sees it. */
export function observe(text: string, rest: Partial<Omit<AgentAnswer, "text">> = {}, latencyMs = 100): Observation {
  const read = answerOf(text, rest);
  if (!read.ok) throw new Error(read.reason);
  return { input: "a question", answer: read.answer, latencyMs };
}
