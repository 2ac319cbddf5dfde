import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * A port of this machine that nothing listens on. It is below those that systems give out by themselves (from 32768), so that nobody gets
 * it by chance before it is used.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
}

/** Whether something could listen on the port of this machine now. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
