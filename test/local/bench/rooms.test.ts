import { once } from "node:events";
import { afterEach, beforeEach, describe, it } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { z } from "zod";
import { fanOut } from "../../../src/local/bench/fan-out.ts";
import { revokeCrowd } from "../../../src/local/bench/measure-rooms.ts";
import { meetBare, type Meeting } from "../../../src/local/bench/meeting.ts";

const workerd = { cpuMs: async () => 0 };
const Address = z.object({ port: z.int() });

let server: WebSocketServer;
let origin: string;
let forward: (text: string, from: WebSocket) => void;

beforeEach(async () => {
  server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await once(server, "listening");
  origin = `http://127.0.0.1:${Address.parse(server.address()).port}`;
  forward = (text) => server.clients.forEach((socket) => socket.send(text));
  server.on("connection", (socket: WebSocket) => socket.on("message", (data: Buffer) => forward(data.toString("utf8"), socket)));
});
afterEach(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
});

/** The sockets that the server accepted while some joined. */
async function meet(count: number): Promise<{ meeting: Meeting; sockets: WebSocket[] }> {
  const before = new Set(server.clients);
  const meeting = await meetBare(origin, "room", count);
  return { meeting, sockets: [...server.clients].filter((socket) => !before.has(socket)) };
}

describe("the bench's load of a room", () => {
  it("counts every delivery, and one delay for each message", async ({ expect }) => {
    let forwarded = 0;
    forward = (text) => server.clients.forEach((socket) => (socket.send(text), (forwarded += 1)));
    const { meeting } = await meet(7);
    const run = await fanOut(workerd, meeting, 2, 0.1);
    expect(run.deliveries).toBe(forwarded);
    expect(run.delaysMs).toHaveLength(forwarded / 7);
    expect(Math.min(...run.delaysMs)).toBeGreaterThan(0);
  });

  it("ends with what the room refuses", async ({ expect }) => {
    forward = (_, from) => from.send(JSON.stringify({ type: "error", code: "rate_limited" }));
    const { meeting } = await meet(2);
    await expect(fanOut(workerd, meeting, 1, 0.1)).rejects.toThrow("rate_limited");
  });
});

describe("the bench's revocation of a crowd", () => {
  const closeAll = (sockets: readonly WebSocket[], code: number): void => sockets.forEach((socket) => socket.close(code));

  it("finds nothing after the answer where the room has closed everyone before it", async ({ expect }) => {
    const [{ meeting: crowd, sockets }, { meeting: speaker }] = [await meet(5), await meet(1)];
    const revoked = await revokeCrowd(crowd, speaker, async () => closeAll(sockets, 4003));
    expect(revoked.framesAfter).toBe(0);
  });

  it("finds the messages that a room goes on sending to those whom it has revoked, and how long it does", async ({ expect }) => {
    const [{ meeting: crowd, sockets }, { meeting: speaker }] = [await meet(5), await meet(1)];
    const revoked = await revokeCrowd(crowd, speaker, async () => void setTimeout(() => closeAll(sockets, 4003), 500));
    expect(revoked.framesAfter).toBeGreaterThan(5);
    expect(revoked.closedMs).toBeGreaterThan(90);
  });

  it("does not take another closing for a revocation", async ({ expect }) => {
    const [{ meeting: crowd, sockets }, { meeting: speaker }] = [await meet(2), await meet(1)];
    await expect(revokeCrowd(crowd, speaker, async () => closeAll(sockets, 4008))).rejects.toThrow("4008");
  });
});
