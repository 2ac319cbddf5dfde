import { createServer } from "node:http";
import { z } from "zod";

/** Judges who always say `pass` while they are up, and who count how often they were asked. */
export type Judges = {
  readonly panel: object;
  readonly beUp: (up: boolean) => void;
  readonly asked: () => number;
  readonly close: () => void;
};

export async function startJudges(): Promise<Judges> {
  let up = true;
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume();
    asked += 1;
    if (!up) return void response.writeHead(503).end("{}");
    const vote = { model: "served", choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: "pass" } }] };
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(vote));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const judges = ["one", "two", "three"].map((name) => ({ name, baseUrl: `http://127.0.0.1:${port}/${name}`, model: name }));
  return {
    panel: { name: "Judges", judges },
    beUp: (next) => void (up = next),
    asked: () => asked,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
