import type { HistoryMessage, HistoryPage } from "../access/room-history.ts";
import type { RoomStatus } from "../access/room-control.ts";
import type { Hall } from "./hall.ts";
import type { KeptMessage } from "./message-store.ts";

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
export function readPage(hall: Hall, after: number, limit: number): HistoryPage {
  const { head, floor } = readStatus(hall);
  const page: HistoryMessage[] = [];
  let chars = 0;
  for (const { seq } of hall.messages.placesAfter(Math.max(after, floor.seq), Math.min(limit, maxPage))) {
    if (chars > maxPageChars) break;
    const message = hall.messages.read(seq);
    chars += message.body.length;
    page.push(sealed(message));
  }
  return { head, floor, messages: page };
}

const sealed = ({ at, ...message }: KeptMessage): HistoryMessage => ({ ...message, at: new Date(at).toISOString() });
