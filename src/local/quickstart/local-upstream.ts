import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createMcpHandler, McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { readBody } from "./read-body.ts";

const Refund = z.object({ orderId: z.string(), amount: z.number().positive(), reason: z.string() });
type Refund = z.output<typeof Refund>;
type Booked = Refund & { readonly refundId: string; readonly key: string };

export type LocalUpstream = {
  readonly url: string;
  /** What was really refunded, oldest first. */
  readonly refunds: () => readonly Booked[];
  readonly close: () => Promise<void>;
};

/**
 * A shop's order system as an organization would have one: `POST /orders/{orderId}/refunds` pays money back, and the tool `refund_order` of the MCP
 * server at `/mcp` (both revisions) does the same. It wants a token, and books what comes twice under one Idempotency-Key once.
 */
export async function startLocalUpstream({ port, token }: { readonly port: number; readonly token: string }): Promise<LocalUpstream> {
  const booked = new Map<string, Booked>();
  const book = (refund: Refund, key: string): Booked => {
    const known = booked.get(key) ?? { ...refund, refundId: `rf_${booked.size + 1}`, key };
    booked.set(key, known);
    return known;
  };
  const tools = createMcpHandler(() => shopTools(book));
  const server = createServer((request, response) => void serve(request, response));
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.headers.authorization !== `Bearer ${token}`) return say(response, 401, { error: "no such token" });
    const body = await readBody(request);
    if (request.url === "/mcp") return pass(await tools.fetch(toRequest(request, body)), response);
    const [, orderId] = /^\/orders\/([\w-]+)\/refunds$/.exec(request.url ?? "") ?? [];
    if (orderId === undefined || request.method !== "POST") return say(response, 404, { error: "no such thing" });
    const refund = Refund.safeParse({ ...readJson(body), orderId });
    if (!refund.success) return say(response, 422, { error: "no refund" });
    const { key: _key, ...answer } = book(refund.data, String(request.headers["idempotency-key"] ?? randomUUID()));
    return say(response, 201, answer);
  };
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${address.port}`,
    refunds: () => [...booked.values()],
    close: async () => {
      await tools.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function shopTools(book: (refund: Refund, key: string) => Booked): McpServer {
  const server = new McpServer({ name: "shop", version: "1.0.0" });
  server.registerTool("refund_order", { description: "Pays money back for an order.", inputSchema: Refund }, (refund, { mcpReq }) => {
    const key = mcpReq._meta?.["armalo/idempotency-key"];
    const { key: _key, ...answer } = book(refund, typeof key === "string" ? key : randomUUID());
    return { content: [{ type: "text", text: `Refunded ${answer.amount} EUR as ${answer.refundId}.` }], structuredContent: answer };
  });
  return server;
}

const say = (response: ServerResponse, status: number, body: object): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

function readJson(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The same request as the web has it. */
export function toRequest(request: IncomingMessage, body: string): Request {
  const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const { method = "GET" } = request;
  const url = new URL(request.url ?? "/", `http://${String(request.headers.host)}`);
  return new Request(url, { method, headers, ...(method === "GET" || method === "HEAD" ? {} : { body }) });
}

/** Passes on what the web's handler answered, as it comes. */
export async function pass(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  for await (const chunk of answer.body ?? []) response.write(chunk);
  response.end();
}
