import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { serveOnLoopback, type LoopbackServer } from "../serve-on-loopback.ts";

/**
 * Passes everything on to a local server as it came, with a credential: the conformance suite has no way to be given one. Nothing else is changed,
 * the Host header neither, which some scenarios forge.
 */
export async function startAuthorizingProxy(target: string, credential: string): Promise<LoopbackServer> {
  const { hostname, port } = new URL(target);
  const server = createServer((incoming: IncomingMessage, outgoing: ServerResponse) => {
    const headers = [...incoming.rawHeaders, "Authorization", `Bearer ${credential}`];
    const onward = request({ hostname, port, method: incoming.method, path: incoming.url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(outgoing);
    });
    onward.once("error", () => outgoing.destroy());
    outgoing.once("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  return serveOnLoopback(server);
}
