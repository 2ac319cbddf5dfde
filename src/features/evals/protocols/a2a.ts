import { z } from "zod";
import type { JsonValue } from "../../../crypto/canonical-json.ts";
import type { SuiteCase } from "../suite.ts";
import { answerOf, type AnswerFault, type Protocol, type ReadAnswer } from "./protocol.ts";

/** Where the two revisions of A2A that agents speak differ: 1.0 writes ProtoJSON, 0.3 its own JSON. Both are sent over JSON-RPC 2.0. */
type Dialect = {
  readonly version: string;
  readonly send: string;
  readonly get: string;
  readonly role: { readonly user: string; readonly agent: string };
  /** The answer is waited for: 1.0 does so by default. */
  readonly waiting: Readonly<Record<string, JsonValue>>;
  readonly tag: (kind: string) => Readonly<Record<string, JsonValue>>;
  readonly stateOf: (wire: string) => string;
};

const current: Dialect = {
  version: "1.0",
  send: "SendMessage",
  get: "GetTask",
  role: { user: "ROLE_USER", agent: "ROLE_AGENT" },
  waiting: {},
  tag: () => ({}),
  stateOf: (wire) => (wire.startsWith("TASK_STATE_") ? wire.slice("TASK_STATE_".length).toLowerCase() : ""),
};
const former: Dialect = {
  version: "0.3",
  send: "message/send",
  get: "tasks/get",
  role: { user: "user", agent: "agent" },
  waiting: { blocking: true },
  tag: (kind) => ({ kind }),
  stateOf: (wire) => wire.replace("-", "_"),
};

/** We ask one thing at a time, so one identifier does. */
const requestId = "ask";
const rpc = (method: string, params: JsonValue): JsonValue => ({ jsonrpc: "2.0", id: requestId, method, params });

const contents = ["text", "data", "raw", "url", "file"] as const;
/** Of a part only text and data are judged. A file is not: the question says which kinds of output are taken. */
const Part = z
  .object({
    text: z.string().optional(),
    data: z.json().optional(),
    raw: z.unknown().optional(),
    url: z.unknown().optional(),
    file: z.unknown().optional(),
  })
  .refine((part) => contents.filter((name) => part[name] !== undefined).length === 1);
type Part = z.output<typeof Part>;
/** ProtoJSON leaves an empty list out. */
const Parts = z.array(Part).default([]);
const Message = z.object({ role: z.string(), parts: Parts });
type Message = z.output<typeof Message>;
const Task = z.object({
  id: z.string().min(1).max(500),
  status: z.object({ state: z.string(), message: Message.nullish() }),
  artifacts: z.array(z.object({ parts: Parts })).nullish(),
});
type Task = z.output<typeof Task>;
/** 1.0 names what it sends in a member, 0.3 in `kind`; a task that was asked after stands by itself in both. */
const Result = z.union([
  z.object({ task: Task }),
  z.object({ message: Message }).transform(({ message }) => ({ message })),
  Task.transform((task) => ({ task })),
  Message.transform((message) => ({ message })),
]);
const Answer = z.object({ jsonrpc: z.literal("2.0"), id: z.literal(requestId), result: Result });
const Refusal = z.object({ jsonrpc: z.literal("2.0"), error: z.object({ code: z.int32() }) });

/** The conversation as one text: A2A sends a message, not what was said before it. */
function questionText({ input }: SuiteCase): string {
  if (typeof input === "string") return input;
  const [only] = input;
  if (input.length === 1 && only?.role === "user") return only.content;
  return input.map(({ role, content }) => `${role}: ${content}`).join("\n\n");
}

const fault = (reason: AnswerFault): ReadAnswer => ({ ok: false, reason });

/** What an agent said: its texts one below the other, data as JSON among them. Of several data parts a list is made. */
function said(parts: readonly Part[], declined = false): ReadAnswer | undefined {
  const data = parts.flatMap((part) => (part.data === undefined ? [] : [part.data]));
  const texts = parts.flatMap((part) => (part.data === undefined ? (part.text ?? []) : JSON.stringify(part.data)));
  if (texts.length === 0) return undefined;
  // A2A does not report tool calls or costs, which is not the same as none.
  const rest = { toolCalls: undefined, costUsd: null, declined };
  const json = data.length > 1 ? data : data[0];
  return answerOf(texts.join("\n"), json === undefined ? rest : { ...rest, json });
}

const isBlank = (parts: readonly Part[]): boolean => parts.every(({ text, data }) => data === undefined && (text ?? "").trim() === "");

function readTask(dialect: Dialect, { id, status, artifacts }: Task): ReadAnswer {
  const made = (artifacts ?? []).flatMap(({ parts }) => parts);
  const told = status.message?.parts ?? [];
  switch (dialect.stateOf(status.state)) {
    case "completed":
      return said(isBlank(made) ? told : made) ?? said(made) ?? fault("malformed_answer");
    case "input_required":
      // A question back is what a chat agent answers with words; without any it is none.
      return isBlank(told) ? fault("task_input_required") : (said([...made, ...told]) ?? fault("task_input_required"));
    case "rejected":
      // As with a refusal elsewhere: one that comes with what was asked for, or without a word, is none.
      if (!isBlank(made)) return said([...made, ...told]) ?? fault("task_rejected");
      return isBlank(told) ? fault("task_rejected") : (said(told, true) ?? fault("task_rejected"));
    case "submitted":
    case "working":
      return { ok: false, reason: "pending", next: rpc(dialect.get, { id, historyLength: 0 }) };
    case "failed":
      return fault("task_failed");
    case "canceled":
      return fault("task_canceled");
    case "auth_required":
      return fault("task_auth_required");
    default:
      return fault("malformed_answer");
  }
}

function readMessage(dialect: Dialect, { role, parts }: Message): ReadAnswer {
  return role === dialect.role.agent ? (said(parts) ?? fault("malformed_answer")) : fault("malformed_answer");
}

/**
 * One message over JSON-RPC, not streamed. An agent answers with a message, or with a task that is asked after until it has ended.
 * Every error that it reports is its own, also one that blames the request: were it not, it could so drop what it cannot answer.
 */
const speak = (dialect: Dialect): Protocol => ({
  headers: { "a2a-version": dialect.version },
  ask: (suiteCase, { questionId }) =>
    rpc(dialect.send, {
      message: {
        ...dialect.tag("message"),
        messageId: questionId,
        role: dialect.role.user,
        parts: [{ ...dialect.tag("text"), text: questionText(suiteCase) }],
      },
      configuration: { ...dialect.waiting, acceptedOutputModes: ["text/plain", "application/json"], historyLength: 0 },
    }),
  read: (body) => {
    const refusal = Refusal.safeParse(body);
    if (refusal.success) return fault(`rpc_error_${refusal.data.error.code}`);
    const answer = Answer.safeParse(body);
    if (!answer.success) return fault("malformed_answer");
    const { result } = answer.data;
    return "task" in result ? readTask(dialect, result.task) : readMessage(dialect, result.message);
  },
});

/** A2A 1.0 (https://a2a-protocol.org, section 9): `SendMessage` and `GetTask`. */
export const a2aProtocol: Protocol = speak(current);
/** A2A 0.3, which many agents still speak: `message/send` and `tasks/get`. */
export const formerA2aProtocol: Protocol = speak(former);
