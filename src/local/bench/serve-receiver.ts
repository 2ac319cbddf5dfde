import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { z } from "zod";

// A child process of the bench: a receiver of webhooks that notes when each request arrives, and the issuer of its people's sessions. It
// says where it is, and ends with its parent. `/hook/<name>` answers at once, or never where `PUT /silent` named it.
const jwks = process.env["JWKS"] ?? '{"keys":[]}';
let silent = "";
let arrivals: { name: string; id: string; at: number }[] = [];

function serve(request: IncomingMessage, response: ServerResponse): void {
  const at = performance.timeOrigin + performance.now();
  const [, door = "", name = ""] = (request.url ?? "").split("/");
  request.resume();
  if (door === "hook") {
    arrivals.push({ name, id: String(request.headers["webhook-id"]), at });
    if (name !== silent) request.once("end", () => response.writeHead(204).end());
    return;
  }
  if (door === "silent") silent = name;
  if (door === "forget") arrivals = [];
  response.setHeader("content-type", "application/json").end(answerOf(door));
}

function answerOf(door: string): string {
  if (door === ".well-known") return jwks;
  return door === "arrivals" ? JSON.stringify(arrivals) : String(arrivals.length);
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => {
  const { port } = z.object({ port: z.int() }).parse(server.address());
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.once("disconnect", () => process.exit());
