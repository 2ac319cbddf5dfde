import { z } from "zod";
import { answerLimits, answerOf, questionOf, type Protocol } from "./protocol.ts";

const JsonAnswer = z.object({
  output: z.json(),
  cost: z.number().min(0).nullish(),
  toolCalls: z
    .array(z.object({ tool: z.string(), arguments: z.json().default({}) }))
    .max(answerLimits.toolCalls)
    .nullish(),
});

/** `POST {input, messages, tools}` answered with `{output, cost?, toolCalls?}`; cost in US dollars, output a text or any JSON. */
export const jsonProtocol: Protocol = {
  ask: (suiteCase) => ({
    input: questionOf(suiteCase),
    messages: typeof suiteCase.input === "string" ? [{ role: "user", content: suiteCase.input }] : suiteCase.input,
    tools: suiteCase.tools,
  }),
  read: (body) => {
    const parsed = JsonAnswer.safeParse(body);
    if (!parsed.success) return { ok: false, reason: "malformed_answer" };
    const { output, cost, toolCalls } = parsed.data;
    const rest = { costUsd: cost ?? null, toolCalls: toolCalls ?? [] };
    if (typeof output === "string") return answerOf(output, rest);
    return answerOf(JSON.stringify(output), { ...rest, json: output });
  },
};
