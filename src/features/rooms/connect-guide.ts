import { closures } from "../../rooms/close-codes.ts";
import { roomProtocol } from "../../rooms/open-socket.ts";

const codes = Object.values(closures)
  .map(([code, reason]) => `- ${code}: ${reason}.`)
  .join("\n");

/** What a client of a room's socket must know, as the API reference shows it (Markdown). */
export const connectGuide = `Name two subprotocols: \`${roomProtocol}\`, which is the one that the room answers with, and \`bearer.<token>\`. A client that can set headers may send \`Authorization: Bearer <token>\` instead of the second.

Frames are JSON texts with a \`type\`. A \`ref\` of your own comes back with the answer.

You send:
- \`{"type":"subscribe","topics":["orders.**"],"after":0}\`: hear topics; with \`after\`, first what was said behind that number. Numbers of one subscription only rise: after a reconnect, give the last one that you had.
- \`{"type":"unsubscribe","topics":["orders.**"]}\`
- \`{"type":"publish","topic":"orders.paid","body":{"order":7},"messageId":"m-1","sideEffect":false}\`: \`messageId\` makes it safe to send again; \`sideEffect\` puts it into the audit log.
- \`{"type":"ack","seq":12}\`: you have everything up to this number. Send one every \`limits.ackEvery\` messages: who never does is closed as too slow.
- \`{"type":"refresh","token":"<a new token of the same agent>"}\`: stay beyond the first token's expiry.
- \`{"type":"presence"}\`: who is here, and from then on who comes and goes.
- The text \`ping\` as it stands is answered with \`pong\`.

You get: \`welcome\` (head, expiresAt, limits), \`subscribed\`, \`unsubscribed\`, \`published\` (seq, digest, duplicate), \`message\` (seq, topic, from, at, body, sideEffect, salt, previous, digest), \`gone\` (from, to: no longer kept), \`presence\` (agents, or joined and left), \`refreshed\`, and \`error\` (code, detail, retryAfterMs).

Close codes:
${codes}`;
