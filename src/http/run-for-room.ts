import { addressOf, countingRefusals } from "../access/flood-guard.ts";
import { isOurId } from "../access/tagged-id.ts";
import type { Call } from "./call.ts";
import type { RoomDoor } from "./operation.ts";
import { problem } from "./problem.ts";
import { paymentHeader } from "./security-headers.ts";

/** How a browser's WebSocket, which can set no header, brings its token: as a subprotocol. */
const tokenProtocol = "bearer.";
const tokenPattern = /^[\x21-\x7e]{1,4096}$/;

/**
 * Reads a room token from the request, and nothing of it: the room does. A room whose identifier we did not make is asked nothing. Whoever
 * is refused is counted, as for any other credential.
 */
export async function runForRoom(call: Call, enter: (room: RoomDoor) => Promise<Response>): Promise<Response> {
  const { env, params, request } = call;
  return countingRefusals(env, addressOf(request), async () => {
    const { token, protocols } = readToken(request.headers);
    const roomId = params.roomId ?? "";
    if (!(await isOurId(env, "room", roomId))) throw problem("not_found", "not a room of ours");
    const upgrade = request.headers.get("Upgrade")?.toLowerCase() === "websocket";
    return enter({ roomId, token, socket: { upgrade, protocols } });
  });
}

function readToken(headers: Headers): { readonly token: string; readonly protocols: readonly string[] } {
  const asked = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((name) => name.trim());
  const named = asked.filter((name) => name.startsWith(tokenProtocol)).map((name) => name.slice(tokenProtocol.length));
  const header = headers.get("Authorization");
  const [, bearer] = /^Bearer (\S+)$/i.exec(header ?? "") ?? [];
  const kinds = [header !== null, named.length > 0, headers.has(paymentHeader)].filter(Boolean).length;
  if (kinds > 1 || named.length > 1) throw problem("credential_conflict", "more than one credential");
  const token = bearer ?? named[0];
  if (token === undefined || !tokenPattern.test(token)) throw problem("unauthenticated", "no room token");
  return { token, protocols: asked.filter((name) => name !== "" && !name.startsWith(tokenProtocol)) };
}
