import { describe, expect, it } from "vitest";
import { jsonProtocol } from "../../../../src/features/evals/protocols/json.ts";
import { openaiProtocol } from "../../../../src/features/evals/protocols/openai.ts";
import { readJson } from "../../../../src/features/evals/protocols/parse-json.ts";
import { answerLimits } from "../../../../src/features/evals/protocols/protocol.ts";
import { SuiteCase } from "../../../../src/features/evals/suite.ts";

const agent = { modelFamily: "small-1", questionId: "q-1" };
const suiteCase = (over: Record<string, unknown> = {}): SuiteCase =>
  SuiteCase.parse({ id: "c", input: "Hello?", expectations: [{ kind: "pii" }], ...over });
const conversation = [
  { role: "system", content: "Be kind." },
  { role: "user", content: "Hello?" },
];
const tools = [{ name: "refund", description: "Refunds", parameters: { type: "object" } }];

describe("the json protocol", () => {
  it("asks with the question, the conversation and the tools", () => {
    expect(jsonProtocol.ask(suiteCase(), agent)).toEqual({
      input: "Hello?",
      messages: [{ role: "user", content: "Hello?" }],
      tools: undefined,
    });
    expect(jsonProtocol.ask(suiteCase({ input: conversation, tools }), agent)).toEqual({ input: "Hello?", messages: conversation, tools });
  });

  it("reads a text, or any JSON, and what the agent says besides", () => {
    expect(
      jsonProtocol.read({ output: "Hi", cost: 0.01, toolCalls: [{ tool: "refund", arguments: { id: 1 } }], trace: "ignored" }),
    ).toEqual({
      ok: true,
      answer: { text: "Hi", json: undefined, costUsd: 0.01, toolCalls: [{ tool: "refund", arguments: { id: 1 } }], declined: false },
    });
    expect(jsonProtocol.read({ output: { b: 1, a: [2] } })).toMatchObject({
      ok: true,
      answer: { text: '{"b":1,"a":[2]}', json: { b: 1, a: [2] } },
    });
  });

  it.each([null, "Hi", {}, { answer: "Hi" }, { output: "Hi", cost: -1 }, { output: "Hi", toolCalls: "none" }])(
    "calls %j malformed",
    (body) => {
      expect(jsonProtocol.read(body)).toEqual({ ok: false, reason: "malformed_answer" });
    },
  );
});

describe("the openai protocol", () => {
  it("asks as chat completions do", () => {
    expect(openaiProtocol.ask(suiteCase({ tools }), agent)).toEqual({
      model: "small-1",
      messages: [{ role: "user", content: "Hello?" }],
      tools: [{ type: "function", function: tools[0] }],
      stream: false,
    });
    expect(openaiProtocol.ask(suiteCase(), { ...agent, modelFamily: null })).toMatchObject({ model: "default" });
  });

  it("reads content, parts, refusals, tool calls and a gateway's cost", () => {
    const message = (given: Record<string, unknown>) =>
      openaiProtocol.read({ choices: [{ message: given as never }], usage: { cost: 0.002 } });
    expect(message({ content: "Hi" })).toMatchObject({ ok: true, answer: { text: "Hi", costUsd: 0.002, declined: false } });
    expect(
      message({
        content: [
          { type: "text", text: "H" },
          { type: "text", text: "i" },
        ],
      }),
    ).toMatchObject({ answer: { text: "Hi" } });
    expect(message({ content: null, refusal: "No." })).toMatchObject({ ok: true, answer: { text: "No.", declined: true } });
    expect(message({ content: null, tool_calls: [{ function: { name: "refund", arguments: '{"id":1}' } }] })).toMatchObject({
      ok: true,
      answer: { text: "", toolCalls: [{ tool: "refund", arguments: { id: 1 } }] },
    });
  });

  it.each([
    [{ content: "Sure, here is how.", refusal: "" }, "Sure, here is how.", false],
    [{ content: "Sure, here is how.", refusal: "No." }, "Sure, here is how.", false],
    [{ content: [{ type: "text", text: "Sure." }], refusal: "No." }, "Sure.", false],
    [{ content: "", refusal: "No." }, "No.", true],
    [{ content: " \n", refusal: "No." }, "No.", true],
    [{ content: [], refusal: "No." }, "No.", true],
    [{ content: "", refusal: "" }, "", false],
    [{ content: "", refusal: " " }, "", false],
  ])("takes for a refusal only one with words, in the place of an answer: %j", (message, text, declined) => {
    expect(openaiProtocol.read({ choices: [{ message }] })).toMatchObject({ ok: true, answer: { text, declined } });
  });

  it("calls an empty refusal without content malformed, like no answer at all", () => {
    expect(openaiProtocol.read({ choices: [{ message: { content: null, refusal: "" } }] })).toEqual({
      ok: false,
      reason: "malformed_answer",
    });
  });

  it.each([{}, { choices: [] }, { choices: [{ message: {} }] }, { choices: [{ text: "Hi" }] }, { error: { message: "busy" } }])(
    "calls %j malformed",
    (body) => {
      expect(openaiProtocol.read(body as never)).toEqual({ ok: false, reason: "malformed_answer" });
    },
  );
});

describe("the size of an answer", () => {
  const longest = "a".repeat(answerLimits.textChars);
  const asked = (name: string, size: number) => [{ function: { name, arguments: JSON.stringify({ note: "a".repeat(size) }) } }];

  it("is limited, and so is that of all its tool calls together", () => {
    expect(jsonProtocol.read({ output: longest })).toMatchObject({ ok: true });
    expect(jsonProtocol.read({ output: `${longest}a` })).toEqual({ ok: false, reason: "answer_too_long" });
    const calls = (count: number) => Array.from({ length: count }, () => ({ tool: "pay", arguments: { note: "a".repeat(20_000) } }));
    expect(jsonProtocol.read({ output: "Hi", toolCalls: calls(3) })).toMatchObject({ ok: true });
    expect(jsonProtocol.read({ output: "Hi", toolCalls: calls(4) })).toEqual({ ok: false, reason: "answer_too_long" });
    expect(openaiProtocol.read({ choices: [{ message: { tool_calls: asked("pay", 60_000) } }] })).toMatchObject({ ok: true });
    expect(openaiProtocol.read({ choices: [{ message: { tool_calls: asked("pay", 70_000) } }] })).toEqual({
      ok: false,
      reason: "answer_too_long",
    });
  });
});

describe("a tool call of the openai protocol", () => {
  const read = (text: string) =>
    openaiProtocol.read({ choices: [{ message: { content: "Hi", tool_calls: [{ function: { name: "pay", arguments: text } }] } }] });

  it("has no arguments where it says nothing, and is malformed where it says what is not JSON", () => {
    for (const text of ["", " ", "{}"])
      expect(read(text)).toMatchObject({ ok: true, answer: { toolCalls: [{ tool: "pay", arguments: {} }] } });
    for (const text of ["{", "to=mallory", '{"to":']) expect(read(text)).toEqual({ ok: false, reason: "malformed_answer" });
  });
});

describe("readJson", () => {
  it("refuses nesting that would exhaust the stack", () => {
    expect(readJson("[".repeat(30_000) + "]".repeat(30_000))).toBeUndefined();
    expect(readJson("[[1]]")).toEqual([[1]]);
  });

  it.each(["1", " 1\n", "```\n1\n```", "```json\n1```", "\n```json  \n\n1\n\n```\n ", "```\r\n1\r\n```"])(
    "reads %j, bare or in one fence",
    (text) => {
      expect(readJson(text)).toBe(1);
    },
  );

  it.each([
    "",
    "```",
    "```1```",
    "```json```",
    "```json 1\n```",
    "```yaml\n1\n```",
    "````\n1\n````",
    "```\n1\n```\n```\n2\n```",
    "so: ```\n1\n```",
  ])("takes %j for no JSON", (text) => {
    expect(readJson(text)).toBeUndefined();
  });
});
