import type { JsonValue } from "../../../crypto/canonical-json.ts";
import type { AgentAnswer } from "../checks/judgement.ts";
import { readJson } from "./parse-json.ts";
import type { SuiteCase } from "../suite.ts";

/**
 * The longest answer that is judged, in characters of its text and, apart from that, of all its tool calls as JSON: longer ones are
 * malformed, so that every check can afford to read them whole.
 */
export const answerLimits = { textChars: 65_536, toolCalls: 100 } as const;

export type AskedAgent = {
  readonly modelFamily: string | null;
  /** Of this one question: the same where it is asked again. */
  readonly questionId: string;
};
/** `pending`: the agent is still at it; what it is asked next tells how far it is. */
export type ReadAnswer =
  | { readonly ok: true; readonly answer: AgentAnswer }
  | { readonly ok: false; readonly reason: AnswerFault }
  | { readonly ok: false; readonly reason: "pending"; readonly next: JsonValue };
export type AnswerFault =
  | "not_json"
  | "malformed_answer"
  | "answer_too_long"
  | `task_${"failed" | "canceled" | "rejected" | "input_required" | "auth_required"}`
  | `rpc_error_${number}`;

/** How one kind of agent is asked, and how its answer is read. Pure: the call itself is the workflow's. */
export type Protocol = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly ask: (suiteCase: SuiteCase, agent: AskedAgent) => JsonValue;
  readonly read: (body: JsonValue) => ReadAnswer;
};

/** The text of a case's last user message: what `json` agents that know no conversations read. */
export function questionOf({ input }: Pick<SuiteCase, "input">): string {
  if (typeof input === "string") return input;
  return (input.findLast(({ role }) => role === "user") ?? input.at(-1))?.content ?? "";
}

export function answerOf(text: string, rest: Partial<Omit<AgentAnswer, "text">>): ReadAnswer {
  const { toolCalls = [] } = rest;
  if (Math.max(text.length, JSON.stringify(toolCalls).length) > answerLimits.textChars) return { ok: false, reason: "answer_too_long" };
  // JSON may escape half of a surrogate pair, which no digest and no database takes.
  return { ok: true, answer: { text: text.toWellFormed(), json: readJson(text), toolCalls: [], costUsd: null, declined: false, ...rest } };
}
