import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort, isFree } from "../../src/local/free-port.ts";

it("a free port can be listened on, once, and is none that the system gives out by itself", async () => {
  const port = await freePort();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
  expect(port).toBeLessThan(32_768);
});
