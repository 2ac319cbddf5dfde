import { DurableObject } from "cloudflare:workers";

/** The least that a room can be: what one socket sends, all sockets get. */
export class BareRoom extends DurableObject {
  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(_sender: WebSocket, text: string | ArrayBuffer): void {
    for (const socket of this.ctx.getWebSockets()) socket.send(text);
  }
}

export default {
  fetch(request, { BARE_ROOM }) {
    return BARE_ROOM.get(BARE_ROOM.idFromName(new URL(request.url).pathname)).fetch(request);
  },
} satisfies ExportedHandler<{ readonly BARE_ROOM: DurableObjectNamespace<BareRoom> }>;
