import type { z } from "zod";
import { roomOf } from "../../access/room-control.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import type { RoomContext } from "../../http/operation.ts";
import { problem, type Problem } from "../../http/problem.ts";
import type { DoorAsk, DoorRefusal } from "../../rooms/doors.ts";
import { roomProtocol } from "../../rooms/open-socket.ts";

type At = Pick<RoomContext, "env" | "room">;

/** Asks the room's object, as the holder of the token. A room out of reach is a 503. */
export async function askRoom<T>(at: At, ask: DoorAsk, answer: z.ZodType<T>): Promise<T> {
  return answer.parse(await askDoor(at, ask));
}

/** Refuses a token as the room would refuse it where it is asked something. */
export async function judgeToken(at: At): Promise<void> {
  await askDoor(at, { kind: "judge" });
}

async function askDoor({ env, room }: At, ask: DoorAsk): Promise<unknown> {
  let text: string;
  try {
    text = await roomOf(env, room.roomId).ask(room.roomId, room.token, ask);
  } catch (fault) {
    throw problem("unavailable", `room: ${describeFault(fault)}`);
  }
  const read = readAnswer(text);
  if (!read.ok) throw toProblem(read);
  return read;
}

/** Asks for a socket. The answer is the object's own, with the other end of the socket in it. */
export async function connectToRoom({ env, room }: At): Promise<Response> {
  const { roomId, token, socket } = room;
  const fault = faultOf(socket);
  if (fault !== undefined) {
    await judgeToken({ env, room });
    throw fault;
  }
  const headers = { Upgrade: "websocket", "X-Room": roomId, "X-Room-Token": token };
  const protocol = socket.protocols.length > 0 ? { "Sec-WebSocket-Protocol": roomProtocol } : {};
  let response: Response;
  try {
    response = await roomOf(env, roomId).fetch("https://room.internal/", { headers: { ...headers, ...protocol } });
  } catch (fault) {
    throw problem("unavailable", `room: ${describeFault(fault)}`);
  }
  if (response.status === 101) return response;
  const read = readAnswer(await response.text());
  throw read.ok ? problem("unavailable", "the room gave no socket") : toProblem(read);
}

function faultOf({ upgrade, protocols }: RoomContext["room"]["socket"]): Problem | undefined {
  if (!upgrade) return refused("headers.Upgrade", "Ask for a WebSocket: `Upgrade: websocket`.");
  if (protocols.length > 0 && !protocols.includes(roomProtocol))
    return refused("headers.Sec-WebSocket-Protocol", `Name \`${roomProtocol}\`.`);
  return undefined;
}

const refused = (path: string, message: string): Problem => problem("invalid_request", path, { errors: [{ path, message }] });

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the room's own answerDoor wrote it
const readAnswer = (text: string): { readonly ok: true } | DoorRefusal => JSON.parse(text) as { ok: true } | DoorRefusal;

/** The room's refusal, as one of our failures. */
function toProblem({ reason, blocker, detail, retryAfterMs }: DoorRefusal): Problem {
  switch (reason) {
    case "token_refused":
      return problem("unauthenticated", blocker);
    case "no_such_room":
      return problem("not_found", blocker);
    case "forbidden":
      return problem(reason, blocker, detail === undefined ? {} : { errors: [{ path: "body.topic", message: detail }] });
    case "room_closed":
    case "message_id_reused":
      return problem(reason, blocker);
    case "room_full":
      return problem("plan_limit", blocker);
    case "rate_limited":
      return problem(reason, blocker, { headers: { "Retry-After": String(Math.max(1, Math.ceil((retryAfterMs ?? 1000) / 1000))) } });
    case "unavailable":
      return problem(reason, blocker);
    case "schema_violation":
    case "invalid_body":
    case "too_large":
      return refused("body.body", detail ?? blocker);
  }
}
