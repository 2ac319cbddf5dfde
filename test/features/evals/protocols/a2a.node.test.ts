import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askAgent, type AgentTarget } from "../../../../src/features/evals/ask-agent.ts";
import { SuiteCase } from "../../../../src/features/evals/suite.ts";
import { newNameCache } from "../../../../src/platform/egress.ts";
import { startA2aAgent } from "../../../support/a2a-agent.node.ts";

const env = {
  egress: "local",
  publicOrigin: "http://127.0.0.1:8787",
  databaseUrl: "postgres://armalo_app:secret@127.0.0.1:5433/armalo",
  dohUrl: "https://dns.example/dns-query",
} as const;

let agent: Awaited<ReturnType<typeof startA2aAgent>>;
beforeAll(async () => {
  agent = await startA2aAgent();
});
afterAll(() => agent.close());

async function ask(protocol: AgentTarget["protocol"], input: SuiteCase["input"]) {
  const suiteCase = SuiteCase.parse({ id: "c", input, timeoutMs: 5000, expectations: [{ kind: "pii" }] });
  const asking = { env, names: newNameCache(), takeTurn: () => Promise.resolve() };
  const target = { url: `${agent.url}/rpc`, protocol, modelFamily: null, openHeaders: () => Promise.resolve({}) };
  return await askAgent(asking, target, suiteCase);
}

describe.each(["a2a", "a2a-0.3"] as const)("an agent made with the official SDK, asked over %s", (protocol) => {
  it("answers with a message", async () => {
    const reply = await ask(protocol, "Hello there");
    expect(reply).toMatchObject({ ok: true, answer: { text: "Hello there", costUsd: null, declined: false } });
    expect(reply.ok && reply.answer.toolCalls).toBeUndefined();
    expect(reply.attempts).toMatchObject([{ outcome: "answered", httpStatus: 200 }]);
  });

  it("answers with a task's text, or its data as a value", async () => {
    expect(await ask(protocol, "task of mine")).toMatchObject({ ok: true, answer: { text: "task of mine", json: undefined } });
    expect(await ask(protocol, "data of mine")).toMatchObject({
      ok: true,
      answer: { text: '{"question":"data of mine"}', json: { question: "data of mine" } },
    });
  });

  it("declines by rejecting, asks back, and fails by its own fault", async () => {
    expect(await ask(protocol, "reject it")).toMatchObject({ ok: true, answer: { text: "I say: reject", declined: true } });
    expect(await ask(protocol, "unsure of it")).toMatchObject({ ok: true, answer: { text: "I say: unsure", declined: false } });
    expect(await ask(protocol, "fail it")).toMatchObject({ ok: false, attribution: "agent", reason: "task_failed" });
  });

  it("is given a conversation as one text", async () => {
    const input = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hello?" },
    ] as const;
    expect(await ask(protocol, [...input])).toMatchObject({ ok: true, answer: { text: "system: Be kind.\n\nuser: Hello?" } });
  });
});
