import { WebSocket } from "ws";

/** What of a room's frames the bench looks at. */
export type Frame = {
  readonly type: string;
  readonly seq: number;
  /** The number that the publisher gave its message. */
  readonly body: { readonly number: number };
  readonly code?: string;
};

/** When a socket was closed, on the clock of `performance.now()`, and with which code. */
export type Closing = { readonly code: number; readonly at: number };

/** One socket in a room. */
export type Member = {
  readonly send: (text: string) => void;
  /** Resolves with the next frame of that type. */
  readonly next: (type: string) => Promise<string>;
  readonly closed: Promise<Closing>;
  readonly leave: () => void;
};

type Door = {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly heard: (frame: Frame) => void;
};

/**
 * A member's socket, without compression. Node's own WebSocket would be enough, but takes 28 µs for each frame where `ws` takes 6: it would
 * be the slower end of a room, and so measure itself.
 */
export async function openMember({ url, protocols, heard }: Door): Promise<Member> {
  const socket = new WebSocket(url, [...protocols], { perMessageDeflate: false, skipUTF8Validation: true });
  const awaited = new Map<string, (text: string) => void>();
  socket.on("message", (data: Buffer) => {
    const text = data.toString("utf8");
    const frame: Frame = JSON.parse(text);
    heard(frame);
    awaited.get(frame.type)?.(text);
    awaited.delete(frame.type);
  });
  const closed = new Promise<Closing>((resolve) => {
    socket.once("close", (code) => resolve({ code, at: performance.now() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve).once("error", reject);
  });
  socket.on("error", () => undefined);
  return {
    send: (text) => socket.send(text),
    next: (type) => new Promise((resolve) => awaited.set(type, resolve)),
    closed,
    leave: () => socket.terminate(),
  };
}
