import type { JsonValue } from "../crypto/canonical-json.ts";
import type { SealedMessage } from "../crypto/room-chain.ts";
import type { Hall } from "./hall.ts";
import type { KeptMessage } from "./message-store.ts";

export type RoomStatus = {
  readonly head: { readonly seq: number; readonly digest: string };
  /** The message before the oldest that is kept: with it, the kept ones can be verified. */
  readonly floor: { readonly seq: number; readonly digest: string };
  readonly bytes: number;
  readonly sockets: number;
  readonly agents: readonly string[];
};
export type RoomPage = Pick<RoomStatus, "head" | "floor"> & { readonly messages: readonly SealedMessage[] };

/** What one page holds at most: it crosses to the Worker in one piece. */
const maxPage = 1_000;
const maxPageChars = 4 * 2 ** 20;

export function readStatus({ messages, assembly, presence }: Hall): RoomStatus {
  const { head, floor, bytes } = messages;
  return {
    head: { seq: head.seq, digest: head.digest },
    floor: { seq: floor.seq, digest: floor.digest },
    bytes,
    sockets: assembly.size,
    agents: presence.agents(),
  };
}

/** The messages behind `after`, as the room's chain covers them; fewer where they are large. */
export function readPage(hall: Hall, after: number, limit: number): RoomPage {
  const { head, floor } = readStatus(hall);
  const page: SealedMessage[] = [];
  let chars = 0;
  for (const { seq } of hall.messages.placesAfter(Math.max(after, floor.seq), Math.min(limit, maxPage))) {
    if (chars > maxPageChars) break;
    const message = hall.messages.read(seq);
    chars += message.body.length;
    page.push(sealed(message));
  }
  return { head, floor, messages: page };
}

function sealed({ at, body, ...message }: KeptMessage): SealedMessage {
  const value: JsonValue = JSON.parse(body);
  return { ...message, at: new Date(at).toISOString(), body: value };
}
