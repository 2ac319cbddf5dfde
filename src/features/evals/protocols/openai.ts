import { z } from "zod";
import type { ToolCall } from "../../../expressions/evaluate-condition.ts";
import { readJson } from "./parse-json.ts";
import { answerLimits, answerOf, type Protocol } from "./protocol.ts";

const Completion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]).nullish(),
          refusal: z.string().nullish(),
          tool_calls: z
            .array(z.object({ function: z.object({ name: z.string(), arguments: z.string() }) }))
            .max(answerLimits.toolCalls)
            .nullish(),
        }),
      }),
    )
    .min(1),
  usage: z.object({ cost: z.number().min(0).nullish() }).nullish(),
});

/** OpenAI-compatible chat completions, not streamed. Cost is known only where a gateway adds `usage.cost`. */
export const openaiProtocol: Protocol = {
  ask: ({ input, tools }, { modelFamily }) => ({
    model: modelFamily ?? "default",
    messages: typeof input === "string" ? [{ role: "user", content: input }] : input,
    tools: tools?.map((tool) => ({ type: "function", function: { ...tool } })),
    stream: false,
  }),
  read: (body) => {
    const parsed = Completion.safeParse(body);
    const message = parsed.data?.choices[0]?.message;
    if (message === undefined) return { ok: false, reason: "malformed_answer" };
    const toolCalls = readCalls(message.tool_calls ?? []);
    if (toolCalls === undefined) return { ok: false, reason: "malformed_answer" };
    const content = textOf(message.content);
    // A refusal stands in the place of an answer: beside one it would let an agent answer and be taken to have declined.
    const declined = isBlank(content) && !isBlank(message.refusal);
    const text = declined ? message.refusal : content;
    if (text === null || text === undefined) {
      return toolCalls.length > 0 ? answerOf("", { toolCalls }) : { ok: false, reason: "malformed_answer" };
    }
    return answerOf(text, { toolCalls, costUsd: parsed.data?.usage?.cost ?? null, declined });
  },
};

type Call = { readonly function: { readonly name: string; readonly arguments: string } };

/** What is no JSON makes the answer malformed: taken for no arguments, it would break no condition on them. */
function readCalls(calls: readonly Call[]): readonly ToolCall[] | undefined {
  const read: ToolCall[] = [];
  for (const { function: called } of calls) {
    const given = isBlank(called.arguments) ? {} : readJson(called.arguments);
    if (given === undefined) return undefined;
    read.push({ tool: called.name, arguments: given });
  }
  return read;
}

const isBlank = (text: string | null | undefined): boolean => (text ?? "").trim() === "";

type Content = string | readonly { type: string; text?: string | undefined }[] | null | undefined;
const textOf = (content: Content): string | null | undefined =>
  typeof content === "object" && content !== null ? content.map((part) => part.text ?? "").join("") : content;
