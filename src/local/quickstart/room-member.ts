import { z } from "zod";

const Frame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), head: z.int() }),
  z.object({ type: z.literal("subscribed") }),
  z.object({ type: z.literal("published"), seq: z.int(), digest: z.string() }),
  z.object({ type: z.literal("message"), seq: z.int(), topic: z.string(), from: z.string(), body: z.unknown() }),
  z.object({ type: z.literal("error"), code: z.string(), detail: z.string() }),
]);
type Frame = z.output<typeof Frame>;
type FrameOf<T extends Frame["type"]> = Extract<Frame, { type: T }>;

export type RoomMember = {
  readonly send: (frame: object) => void;
  /** The next frame of a type that has not been taken yet; an error frame, or a socket that closes, throws. */
  readonly next: <T extends Frame["type"]>(type: T) => Promise<FrameOf<T>>;
  readonly leave: () => void;
};

const waitMs = 10_000;

/** Enters a room over a WebSocket, as any client would: the token goes where a browser can put it, among the subprotocols. */
export async function enterRoom(url: string, roomId: string, token: string): Promise<RoomMember> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/v1/rooms/${roomId}/connect`, ["armalo.room.v1", `bearer.${token}`]);
  const waiting: Frame[] = [];
  let ended: string | undefined;
  let wake = (): void => undefined;
  socket.addEventListener("message", ({ data }) => {
    const parsed = Frame.safeParse(JSON.parse(String(data)));
    if (parsed.success) waiting.push(parsed.data);
    wake();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    ended = `the room closed the socket: ${code} ${reason}`;
    wake();
  });
  const next = async <T extends Frame["type"]>(type: T): Promise<FrameOf<T>> => {
    const isWanted = (frame: Frame): frame is FrameOf<T> => frame.type === type;
    const deadline = AbortSignal.timeout(waitMs);
    for (;;) {
      const failed = waiting.find((frame) => frame.type === "error");
      if (failed !== undefined) throw new Error(`the room refused a frame: ${failed.code}, ${failed.detail}`);
      const found = waiting.find(isWanted);
      if (found !== undefined) {
        waiting.splice(waiting.indexOf(found), 1);
        return found;
      }
      if (ended !== undefined) throw new Error(ended);
      await new Promise<void>((resolve, reject) => {
        wake = resolve;
        deadline.addEventListener("abort", () => reject(new Error(`no ${type} frame within ${waitMs / 1000} s`)), { once: true });
      });
    }
  };
  await next("welcome");
  return { send: (frame) => socket.send(JSON.stringify(frame)), next, leave: () => socket.close(1000) };
}
