import { createServer } from "node:http";
import { z } from "zod";
import { serveOnLoopback, type LoopbackServer } from "../../src/local/serve-on-loopback.ts";

const Said = z.object({ status: z.int(), body: z.string() });

/**
 * The keys of identity providers, one for each test: `PUT /<name>` says what `GET /<name>/.well-known/jwks.json` answers from now on, and
 * `GET /<name>/asked` how often it was asked. Listens on loopback, on a port of its own.
 */
export async function startTestIdentity(): Promise<LoopbackServer> {
  const issuers = new Map<string, z.output<typeof Said> & { asked: number }>();
  const server = createServer((request, response) => {
    void (async () => {
      const [, name = "", ...rest] = (request.url ?? "").split("/");
      const known = issuers.get(name);
      if (request.method === "PUT") {
        const said = Said.parse(JSON.parse(Buffer.concat(await request.toArray()).toString("utf8")));
        issuers.set(name, { asked: 0, ...known, ...said });
        return response.writeHead(200).end();
      }
      if (known === undefined) return response.writeHead(404).end();
      if (rest.join("/") === "asked") return response.writeHead(200).end(String(known.asked));
      if (rest.join("/") !== ".well-known/jwks.json" || request.method !== "GET") return response.writeHead(404).end();
      known.asked += 1;
      return response.writeHead(known.status, { "content-type": "application/json" }).end(known.body);
    })();
  });
  return serveOnLoopback(server);
}
