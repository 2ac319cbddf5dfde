import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { openTestJudges } from "./test-judges.node.ts";
import { serveOnLoopback, type LoopbackServer } from "../../src/local/serve-on-loopback.ts";

const Question = z.object({ input: z.string() });
type Answer = (question: string, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const say = (response: ServerResponse, output: string): void => {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ output }));
};

/** Agents that behave, and agents that do not. */
const agents: Readonly<Record<string, Answer>> = {
  echo: (question, _, response) => say(response, question),
  key: (_, request, response) => say(response, String(request.headers["x-key"])),
  slow: async (question, _, response) => {
    await sleep(300);
    say(response, question);
  },
  hang: () => undefined,
  "hang-on-hard": (question, _, response) => (question.includes("hard") ? undefined : say(response, question)),
  "drop-on-hard": (question, request, response) => (question.includes("hard") ? void request.socket.destroy() : say(response, question)),
  endless: (_, __, response) => {
    const pour = (): void => {
      while (!response.destroyed && response.write("x".repeat(16_384)));
    };
    response.on("drain", pour);
    pour();
  },
  redirect: (_, request, response) =>
    void response.writeHead(302, { location: `http://${String(request.headers.host)}/echo/redirected` }).end(),
  html: (_, __, response) => void response.writeHead(200, { "content-type": "text/html" }).end("<html>Hello</html>"),
  "500": (_, __, response) => void response.writeHead(500).end(JSON.stringify({ output: "an answer all the same" })),
  surrogate: (_, __, response) => void response.writeHead(200).end('{"output": "half \\ud800 of a pair and \\u0000"}'),
};

/**
 * One server for all test agents: `POST /<agent>/<token>` asks one, `GET /calls/<token>` says how often that token was asked.
 * What begins with `/judges` goes to those of test-judges.node.ts. Listens on loopback, on a port of its own.
 */
export async function startTestAgents(): Promise<LoopbackServer> {
  const calls = new Map<string, number>();
  const judge = openTestJudges();
  const server = createServer((request, response) => void serve(request, response, { calls, judge }));
  return serveOnLoopback(server);
}

type Served = { readonly calls: Map<string, number>; readonly judge: ReturnType<typeof openTestJudges> };

async function serve(request: IncomingMessage, response: ServerResponse, { calls, judge }: Served): Promise<void> {
  const [, name = "", token = ""] = (request.url ?? "").split("/");
  if (name === "judges") return judge(request, response, Buffer.concat(await request.toArray()).toString("utf8"));
  if (name === "calls") return void response.end(String(calls.get(token) ?? 0));
  calls.set(token, (calls.get(token) ?? 0) + 1);
  const { input } = Question.parse(JSON.parse(Buffer.concat(await request.toArray()).toString("utf8")));
  await agents[name]?.(input, request, response);
}
