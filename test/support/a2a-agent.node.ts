import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { generateAgentCardSignature, Role, TaskState, type AgentCard, type Message, type Part } from "@a2a-js/sdk";
import { AgentEvent, DefaultRequestHandler, InMemoryTaskStore, type AgentExecutor } from "@a2a-js/sdk/server";
import { agentCardHandler, jsonRpcHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";
import { exportJWK, generateKeyPair } from "jose";
import { z } from "zod";

const part = (content: NonNullable<Part["content"]>): Part => ({ content, metadata: undefined, filename: "", mediaType: "" });
const text = (value: string): Part => part({ $case: "text", value });

const artifactOf = (parts: Part[]) => ({ artifactId: "a", name: "", description: "", parts, metadata: undefined, extensions: [] });

/** What the agent does is said by the first word of the question. */
const endings: Readonly<Record<string, TaskState>> = {
  task: TaskState.TASK_STATE_COMPLETED,
  data: TaskState.TASK_STATE_COMPLETED,
  fail: TaskState.TASK_STATE_FAILED,
  reject: TaskState.TASK_STATE_REJECTED,
  unsure: TaskState.TASK_STATE_INPUT_REQUIRED,
};

const executor: AgentExecutor = {
  execute: async ({ userMessage, taskId, contextId }, bus) => {
    const content = userMessage.parts[0]?.content;
    const question = content?.$case === "text" ? content.value : "";
    const [wish = ""] = question.split(" ");
    const say = (said: string): Message => ({
      messageId: randomUUID(),
      contextId,
      taskId: "",
      role: Role.ROLE_AGENT,
      parts: [text(said)],
      metadata: undefined,
      extensions: [],
      referenceTaskIds: [],
    });
    const ending = endings[wish];
    if (ending === undefined) return bus.publish(AgentEvent.message(say(question)));
    const parts = wish === "task" ? [text(question)] : wish === "data" ? [part({ $case: "data", value: { question } })] : [];
    const at = (state: TaskState, message?: Message) => ({ state, message, timestamp: new Date().toISOString() });
    const common = { contextId, metadata: undefined };
    bus.publish(
      AgentEvent.task({ ...common, id: taskId, status: at(TaskState.TASK_STATE_WORKING), artifacts: [artifactOf(parts)], history: [] }),
    );
    const message = parts.length > 0 ? undefined : say(`I say: ${wish}`);
    bus.publish(AgentEvent.statusUpdate({ ...common, taskId, status: at(ending, message) }));
  },
  cancelTask: async () => undefined,
};

const cardAt = (url: string): AgentCard => ({
  name: "Echo",
  description: "Says what it is told.",
  version: "2.1.0",
  provider: { organization: "Example Ltd", url: "https://example.com" },
  supportedInterfaces: [
    { url: `${url}/grpc`, protocolBinding: "GRPC", protocolVersion: "1.0", tenant: "" },
    { url: `${url}/rpc`, protocolBinding: "JSONRPC", protocolVersion: "1.0", tenant: "" },
    { url: `${url}/rpc`, protocolBinding: "JSONRPC", protocolVersion: "0.3", tenant: "" },
  ],
  capabilities: { streaming: false, extensions: [] },
  securitySchemes: {},
  securityRequirements: [],
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain", "application/json"],
  skills: [
    {
      id: "echo",
      name: "Echo",
      description: "Echoes",
      tags: ["echo"],
      examples: [],
      inputModes: [],
      outputModes: [],
      securityRequirements: [],
    },
  ],
  signatures: [],
});

/**
 * An agent made with the official SDK, on loopback. `/rpc` speaks both revisions; its card, signed by the SDK, is at the well-known
 * place and for the former revision's clients too; `/card-key` shows the public key with its `kid`, and `/jwks-asked` how often the key
 * set that the signature's header names was asked for.
 */
export async function startA2aAgent(): Promise<{ url: string; close: () => void }> {
  const app = express();
  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const url = `http://127.0.0.1:${port}`;
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = await exportJWK(publicKey);
  const sign = generateAgentCardSignature(privateKey, { alg: "ES256", kid: "card-1", typ: "JOSE", jku: `${url}/jwks` });
  const signed = await sign(cardAt(url));
  const requestHandler = new DefaultRequestHandler(signed, new InMemoryTaskStore(), executor);
  const compat = { legacyCompat: { enabled: true } };
  let asked = 0;
  app.use("/rpc", jsonRpcHandler({ requestHandler, userBuilder: UserBuilder.noAuthentication, ...compat }));
  app.use("/.well-known/agent-card.json", agentCardHandler({ agentCardProvider: requestHandler, ...compat }));
  app.get("/unsigned.json", (_, response) => void response.json(cardAt(url)));
  app.get("/tampered.json", (_, response) => void response.json({ ...signed, name: "Mallory" }));
  app.get("/card-key", (_, response) => void response.json({ kid: "card-1", jwk }));
  app.get("/jwks", (_, response) => void response.json({ keys: [{ ...jwk, kid: "card-1" }], asked: (asked += 1) }));
  app.get("/jwks-asked", (_, response) => void response.json(asked));
  return {
    url,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
