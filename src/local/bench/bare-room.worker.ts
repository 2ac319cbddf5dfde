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

/** The same, but that a message is written down before it leaves, as in any room that can be replayed. */
export class KeepingRoom extends BareRoom {
  override webSocketMessage(sender: WebSocket, text: string | ArrayBuffer): void {
    const { sql } = this.ctx.storage;
    sql.exec("create table if not exists messages (seq integer primary key, text text)");
    sql.exec("insert into messages (text) values (?)", text);
    super.webSocketMessage(sender, text);
  }
}

type Bindings = { readonly BARE_ROOM: DurableObjectNamespace<BareRoom>; readonly KEEPING_ROOM: DurableObjectNamespace<KeepingRoom> };

export default {
  fetch(request, { BARE_ROOM, KEEPING_ROOM }) {
    const { pathname } = new URL(request.url);
    const rooms = pathname.startsWith("/keeping/") ? KEEPING_ROOM : BARE_ROOM;
    return rooms.get(rooms.idFromName(pathname)).fetch(request);
  },
} satisfies ExportedHandler<Bindings>;
