import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";
import { serveOnLoopback, type LoopbackServer } from "../../src/local/serve-on-loopback.ts";

/**
 * What a receiver does with a delivery. `held`: keeps the answer back until it is released; `hang`: takes it and never answers; `stream`: 200
 * and a body without end; `cut`: closes the connection.
 */
const ReceiverAnswer = z.union([
  z.object({ status: z.int(), headers: z.record(z.string(), z.string()).optional(), held: z.boolean().optional() }),
  z.object({ kind: z.enum(["hang", "stream", "cut"]) }),
]);
export type ReceiverAnswer = z.output<typeof ReceiverAnswer>;

/** One request as it came. `letGo` says that the sender closed the connection before the answer had ended. */
export type Received = { readonly at: number; readonly headers: Record<string, string>; readonly body: string; letGo: boolean };

const Answers = z.array(ReceiverAnswer).min(1);
const Name = z.object({ host: z.string(), addresses: z.array(z.string()) });

type State = {
  readonly received: Map<string, Received[]>;
  /** What is answered next, in order; the last one stays. */
  readonly answers: Map<string, ReceiverAnswer[]>;
  /** The answers that are kept back, each as what sends it; none of a token's are any more once it was released. */
  readonly held: Map<string, (() => void)[] | "released">;
  readonly names: Map<string, readonly string[]>;
};

/**
 * A receiver of webhooks, on loopback and a port of its own. `POST /hook/<token>` takes a delivery; `PUT /answers/<token>` says what it
 * answers from now on, in order (200 where nothing was said), and `PUT /released/<token>` lets go of what it holds, for good;
 * `GET /received/<token>` shows what came. `PUT /names` sets what `GET /dns-query` (DNS over HTTPS, JSON) says of a name: a name that nobody set is a failure of the resolver.
 */
export async function startWebhookReceiver(): Promise<LoopbackServer> {
  const state: State = { received: new Map(), answers: new Map(), held: new Map(), names: new Map() };
  const server = createServer((request, response) => void serve(request, response, state));
  return serveOnLoopback(server);
}

async function serve(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const url = new URL(request.url ?? "/", "http://receiver");
  const [, door = "", token = ""] = url.pathname.split("/");
  const body = Buffer.concat(await request.toArray().catch(() => [])).toString("utf8");
  switch (door) {
    case "hook":
      return take(request, response, { state, token, body });
    case "answers":
      state.answers.set(token, Answers.parse(JSON.parse(body)));
      return void response.end();
    case "released":
      release(state, token);
      return void response.end();
    case "received":
      return sendJson(response, state.received.get(token) ?? []);
    case "names": {
      const { host, addresses } = Name.parse(JSON.parse(body));
      state.names.set(host, addresses);
      return void response.end();
    }
    case "dns-query":
      return resolveName(response, url.searchParams, state.names);
    default:
      return void response.writeHead(404).end();
  }
}

const sendJson = (response: ServerResponse, value: unknown): void =>
  void response.setHeader("content-type", "application/json").end(JSON.stringify(value));

type Taken = { readonly state: State; readonly token: string; readonly body: string };

function take(request: IncomingMessage, response: ServerResponse, { state, token, body }: Taken): void {
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const received: Received = { at: Date.now(), headers, body, letGo: false };
  response.on("close", () => (received.letGo = !response.writableFinished));
  state.received.set(token, [...(state.received.get(token) ?? []), received]);
  const planned = state.answers.get(token) ?? [{ status: 200 }];
  const answer = (planned.length > 1 ? planned.shift() : planned[0]) ?? { status: 200 };
  if (!("kind" in answer)) {
    const send = () => void response.writeHead(answer.status, answer.headers).end();
    const held = state.held.get(token) ?? [];
    if (answer.held !== true || held === "released") return send();
    return void state.held.set(token, [...held, send]);
  }
  if (answer.kind === "cut") return void request.socket.destroy();
  if (answer.kind === "stream") pour(response.writeHead(200));
}

function release(state: State, token: string): void {
  const held = state.held.get(token) ?? [];
  state.held.set(token, "released");
  if (held !== "released") for (const send of held) send();
}

function pour(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write("x".repeat(16_384)));
  };
  response.on("drain", more);
  more();
}

function resolveName(response: ServerResponse, asked: URLSearchParams, names: State["names"]): void {
  const addresses = names.get(asked.get("name") ?? "");
  if (addresses === undefined) return sendJson(response, { Status: 2 });
  const family =
    asked.get("type") === "A"
      ? { type: 1, of: (data: string) => !data.includes(":") }
      : { type: 28, of: (data: string) => data.includes(":") };
  sendJson(response, { Status: 0, Answer: addresses.filter(family.of).map((data) => ({ type: family.type, data })) });
}
