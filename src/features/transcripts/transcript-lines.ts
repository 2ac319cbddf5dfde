import type { HistoryPage, RoomHistory } from "../../access/room-history.ts";
import type { ChainPlace } from "../../crypto/room-chain.ts";
import { messageLine } from "../../crypto/statement/transcript.ts";

/** Messages that are read at a time; the room answers with fewer where they are large. */
export const pageMessages = 500;

/**
 * The lines of the messages behind `first.floor` up to `last`, a page at a time. Throws where one of them is no longer kept, or is not the
 * next of the chain: what was promised is shown whole, or breaks off.
 */
export async function* transcriptLines(history: RoomHistory, first: HistoryPage, last: ChainPlace): AsyncGenerator<string> {
  let place = first.floor;
  for (let page = first; ; page = await history.pages(place.seq, pageMessages)) {
    const before = place.seq;
    const lines: string[] = [];
    for (const message of page.messages) {
      if (message.seq > last.seq) break;
      if (message.seq !== place.seq + 1 || message.previous !== place.digest) throw new Error(`message ${place.seq + 1} is gone`);
      place = { seq: message.seq, digest: message.digest };
      lines.push(messageLine({ ...message, body: JSON.parse(message.body) }));
    }
    if (lines.length > 0) yield lines.join("");
    if (place.seq === last.seq) break;
    if (place.seq === before) throw new Error(`message ${place.seq + 1} is gone`);
  }
  if (place.digest !== last.digest) throw new Error("the chain does not lead to where it ended");
}
