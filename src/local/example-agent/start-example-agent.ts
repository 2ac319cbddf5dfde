import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answerQuestion } from "./answer-question.ts";

export type ExampleAgent = { readonly url: string; readonly close: () => Promise<void> };

/** `discreet`: it gives away no addresses; its other flaws it keeps. */
type Wish = { readonly port: number; readonly discreet?: boolean };

const address = /\S+@\S+/g;
/** Long messages take it this long, as a slow search would. */
const slowAboveChars = 2000;
const slowMs = 2200;
const maxBodyBytes = 1_000_000;

/**
 * A small support agent over HTTP, speaking the `json` protocol. It means well and has real flaws: long messages make it slow, it knows
 * no conversations, its hand-made JSON breaks on a backslash, and what it knows includes a colleague's address.
 */
export async function startExampleAgent({ port, discreet = false }: Wish): Promise<ExampleAgent> {
  const server = createServer((request, response) => void handle(request, response, discreet));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${portOf(server)}/`, close: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen on a port");
  return address.port;
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function handle(request: IncomingMessage, response: ServerResponse, discreet: boolean): Promise<void> {
  if (request.method !== "POST") return void response.writeHead(405, { allow: "POST" }).end();
  const message = readMessage(await readBody(request));
  if (message === undefined) return void response.writeHead(400).end();
  if (message.length > slowAboveChars) await sleep(slowMs);
  const answer = answerQuestion(message);
  const output = discreet ? answer.replaceAll(address, "our form") : answer;
  response.writeHead(200, { "content-type": "application/json" });
  // Written by hand, and so wrong for a text with a backslash in it: the flaw that the robustness suite finds.
  response.end(`{"output": "${output.replaceAll('"', '\\"').replaceAll("\n", "\\n")}", "cost": 0.0001}`);
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > maxBodyBytes) return "";
  }
  return body;
}

function readMessage(body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed !== "object" || parsed === null || !("input" in parsed)) return undefined;
    return typeof parsed.input === "string" ? parsed.input : undefined;
  } catch {
    return undefined;
  }
}
