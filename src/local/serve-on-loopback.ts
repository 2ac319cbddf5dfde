import type { Server } from "node:http";
import { z } from "zod";

export type LoopbackServer = { readonly url: string; readonly close: () => void };

/** Has a server listen on loopback, on a port of its own. `close` cuts off what is still open. */
export async function serveOnLoopback(server: Server): Promise<LoopbackServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
