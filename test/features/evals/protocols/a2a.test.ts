import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonValue } from "../../../../src/crypto/canonical-json.ts";
import { a2aProtocol, formerA2aProtocol } from "../../../../src/features/evals/protocols/a2a.ts";
import { answerLimits } from "../../../../src/features/evals/protocols/protocol.ts";
import { SuiteCase } from "../../../../src/features/evals/suite.ts";

const agent = { modelFamily: null, questionId: "q-1" };
const suiteCase = (over: Record<string, unknown> = {}): SuiteCase =>
  SuiteCase.parse({ id: "c", input: "Hello?", expectations: [{ kind: "pii" }], ...over });

const dialects = [
  {
    name: "a2a",
    protocol: a2aProtocol,
    role: "ROLE_AGENT",
    state: (name: string) => `TASK_STATE_${name.toUpperCase().replace("-", "_")}`,
    kind: () => ({}),
    wrap: (kind: "task" | "message", value: object) => ({ [kind]: value }),
    poll: { jsonrpc: "2.0", id: "ask", method: "GetTask", params: { id: "t-1", historyLength: 0 } },
  },
  {
    name: "a2a-0.3",
    protocol: formerA2aProtocol,
    role: "agent",
    state: (name: string) => name,
    kind: (kind: string) => ({ kind }),
    wrap: (_: "task" | "message", value: object) => value,
    poll: { jsonrpc: "2.0", id: "ask", method: "tasks/get", params: { id: "t-1", historyLength: 0 } },
  },
] as const;

it("asks in each revision's own words, for text or JSON, and not to be streamed to", () => {
  const common = { acceptedOutputModes: ["text/plain", "application/json"], historyLength: 0 };
  expect(a2aProtocol.headers).toEqual({ "a2a-version": "1.0" });
  expect(a2aProtocol.ask(suiteCase(), agent)).toEqual({
    jsonrpc: "2.0",
    id: "ask",
    method: "SendMessage",
    params: { message: { messageId: "q-1", role: "ROLE_USER", parts: [{ text: "Hello?" }] }, configuration: common },
  });
  expect(formerA2aProtocol.headers).toEqual({ "a2a-version": "0.3" });
  expect(formerA2aProtocol.ask(suiteCase(), agent)).toEqual({
    jsonrpc: "2.0",
    id: "ask",
    method: "message/send",
    params: {
      message: { kind: "message", messageId: "q-1", role: "user", parts: [{ kind: "text", text: "Hello?" }] },
      configuration: { ...common, blocking: true },
    },
  });
});

describe.each(dialects)("an answer over $name", ({ protocol, role, state, kind, wrap, poll }) => {
  const text = (value: string) => ({ ...kind("text"), text: value });
  const data = (value: JsonValue) => ({ ...kind("data"), data: value });
  const file = { ...kind("file"), file: { uri: "https://example.com/a.png" } };
  const message = (parts: readonly object[], over: object = {}) => ({ ...kind("message"), messageId: "m", role, parts, ...over });
  const result = (value: object) => protocol.read({ jsonrpc: "2.0", id: "ask", result: value } as JsonValue);
  type Told = { made?: readonly object[]; told?: readonly object[] };
  const task = (name: string, { made, told }: Told = {}) => ({
    ...kind("task"),
    id: "t-1",
    contextId: "x",
    status: { state: state(name), ...(told && { message: message(told) }) },
    ...(made && { artifacts: [{ artifactId: "a", parts: made }] }),
  });
  const ended = (name: string, told?: Told) => result(wrap("task", task(name, told)));
  const fault = (reason: string) => ({ ok: false, reason });

  it("is a message's text or data, and reports neither tool calls nor cost", () => {
    expect(result(wrap("message", message([text("Hi"), text("there")])))).toEqual({
      ok: true,
      answer: { text: "Hi\nthere", json: undefined, toolCalls: undefined, costUsd: null, declined: false },
    });
    expect(result(wrap("message", message([data({ a: 1 })])))).toMatchObject({ answer: { text: '{"a":1}', json: { a: 1 } } });
    expect(result(wrap("message", message([text("So:"), data(1), data(null)])))).toMatchObject({
      answer: { text: "So:\n1\nnull", json: [1, null] },
    });
  });

  it("is what a completed task made, or else what it told", () => {
    expect(ended("completed", { made: [text("Done.")], told: [text("All went well.")] })).toMatchObject({ answer: { text: "Done." } });
    expect(ended("completed", { told: [text("Done.")] })).toMatchObject({ answer: { text: "Done." } });
    expect(ended("completed", { made: [file], told: [text("See the file.")] })).toMatchObject({ answer: { text: "See the file." } });
    expect(ended("completed", { made: [text("")] })).toMatchObject({ answer: { text: "" } });
    expect(ended("completed")).toEqual(fault("malformed_answer"));
    expect(ended("completed", { made: [file] })).toEqual(fault("malformed_answer"));
  });

  it("is a question back that has words", () => {
    expect(ended("input-required", { told: [text("Which one?")] })).toMatchObject({ answer: { text: "Which one?", declined: false } });
    expect(ended("input-required", { made: [text("A draft.")], told: [text("Go on?")] })).toMatchObject({
      answer: { text: "A draft.\nGo on?" },
    });
    for (const told of [undefined, [text(" ")], [file]])
      expect(ended("input-required", { ...(told && { told }) })).toEqual(fault("task_input_required"));
  });

  it("is a refusal where the task was rejected with words, in the place of an answer", () => {
    expect(ended("rejected", { told: [text("I do not.")] })).toMatchObject({ answer: { text: "I do not.", declined: true } });
    expect(ended("rejected", { made: [text("Here is how.")], told: [text("No.")] })).toMatchObject({
      answer: { text: "Here is how.\nNo.", declined: false },
    });
    for (const told of [undefined, [text("\n")]]) expect(ended("rejected", { ...(told && { told }) })).toEqual(fault("task_rejected"));
  });

  it.each([
    ["failed", "task_failed"],
    ["canceled", "task_canceled"],
    ["auth-required", "task_auth_required"],
    ["unknown", "malformed_answer"],
    ["unspecified", "malformed_answer"],
    ["celebrating", "malformed_answer"],
  ])("is none where the task is %s, whatever it says", (name, reason) => {
    expect(ended(name, { made: [text("Hi")], told: [text("Hi")] })).toEqual(fault(reason));
  });

  it.each(["submitted", "working"])("is waited for while the task is %s, and read from the task alone then", (name) => {
    expect(ended(name, { made: [text("half")] })).toEqual({ ok: false, reason: "pending", next: poll });
    expect(result(task("completed", { made: [text("Done.")] }))).toMatchObject({ answer: { text: "Done." } });
  });

  it.each([-32_700, -32_600, -32_601, -32_602, -32_603, -32_001, -32_009, 7])("is an error of the agent's own: code %i", (code) => {
    for (const id of ["ask", null]) {
      const body = { jsonrpc: "2.0", id, error: { code, message: "secret words" } };
      expect(protocol.read(body)).toEqual(fault(`rpc_error_${code}`));
      expect(protocol.read({ ...body, result: wrap("message", message([text("Hi")])) } as JsonValue)).toEqual(fault(`rpc_error_${code}`));
    }
  });

  it("is malformed in any other form", () => {
    const good = { jsonrpc: "2.0", id: "ask", result: wrap("message", message([text("Hi")])) };
    expect(protocol.read(good as JsonValue)).toMatchObject({ ok: true });
    const bad = [
      null,
      "Hi",
      [good],
      { ...good, jsonrpc: "1.0" },
      { ...good, id: "other" },
      { ...good, id: null },
      { jsonrpc: "2.0", id: "ask" },
      { jsonrpc: "2.0", id: "ask", error: { code: "x" } },
      { jsonrpc: "2.0", id: "ask", error: { code: 1.5 } },
      { ...good, result: wrap("message", message([text("Hi")], { role: "user" })) },
      { ...good, result: wrap("message", message([text("Hi")], { role: "ROLE_USER" })) },
      { ...good, result: wrap("message", message([])) },
      { ...good, result: wrap("message", message([{}])) },
      { ...good, result: wrap("message", message([{ text: "Hi", data: { hidden: true } }])) },
      { ...good, result: wrap("message", message([file])) },
      { ...good, result: wrap("task", { ...task("completed", { made: [text("Hi")] }), id: "" }) },
      { ...good, result: wrap("task", { ...task("completed", { made: [text("Hi")] }), status: undefined }) },
    ];
    for (const body of bad) expect(protocol.read(body as JsonValue), JSON.stringify(body)).toEqual(fault("malformed_answer"));
  });

  it("is limited in size, its parts taken together", () => {
    const half = "a".repeat(answerLimits.textChars / 2 - 1);
    expect(result(wrap("message", message([text(half), text(half)])))).toMatchObject({ ok: true });
    expect(result(wrap("message", message([text(half), text(half), text("aa")])))).toEqual(fault("answer_too_long"));
    expect(result(wrap("message", message([data({ half }), data({ half })])))).toEqual(fault("answer_too_long"));
  });

  it("is read or refused, and never throws, whatever JSON comes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const read = protocol.read({ jsonrpc: "2.0", id: "ask", result: value });
        expect(read).toEqual(fault("malformed_answer"));
      }),
    );
  });
});
