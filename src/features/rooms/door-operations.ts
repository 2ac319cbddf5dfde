import { defineOperation } from "../../http/define-operation.ts";
import { askRoom, connectToRoom, judgeToken } from "./ask-room.ts";
import { connectGuide } from "./connect-guide.ts";
import { HistoryPage, HistoryQuery, PresentAgents, PublishBody, PublishedMessage } from "./door-schemas.ts";
import { RoomParams } from "./schemas.ts";

const asMember = { governance: "room", access: { mode: "room", judge: judgeToken } } as const;

/** What the holder of a room token can ask: of the room itself, not of the organization. */
export const roomDoorOperations = [
  defineOperation({
    ...asMember,
    id: "rooms.connect",
    method: "get",
    path: "/v1/rooms/{roomId}/connect",
    summary: "Open a WebSocket into a room (armalo.room.v1)",
    guide: connectGuide,
    request: { params: RoomParams },
    response: { status: 101, upgrade: true },
    handle: (context) => connectToRoom(context),
  }),
  defineOperation({
    ...asMember,
    id: "rooms.publish",
    method: "post",
    path: "/v1/rooms/{roomId}/messages",
    summary: "Publish a message in a room",
    request: { params: RoomParams, body: PublishBody },
    response: { status: 201, body: PublishedMessage },
    handle: ({ input, ...context }) => askRoom(context, { kind: "publish", ...input.body }, PublishedMessage),
  }),
  defineOperation({
    ...asMember,
    id: "rooms.history",
    method: "get",
    path: "/v1/rooms/{roomId}/messages",
    summary: "Read the messages of a room that are kept",
    request: { params: RoomParams, query: HistoryQuery },
    response: { status: 200, body: HistoryPage },
    handle: ({ input, ...context }) => askRoom(context, { kind: "history", ...input.query }, HistoryPage),
  }),
  defineOperation({
    ...asMember,
    id: "rooms.presence",
    method: "get",
    path: "/v1/rooms/{roomId}/presence",
    summary: "Say which agents are connected to a room",
    request: { params: RoomParams },
    response: { status: 200, body: PresentAgents },
    handle: (context) => askRoom(context, { kind: "presence" }, PresentAgents),
  }),
];
