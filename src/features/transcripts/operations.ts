import { defineOperation } from "../../http/define-operation.ts";
import { RoomParams } from "../rooms/index.ts";
import { exportTranscript } from "./export-transcript.ts";

export const transcriptOperations = [
  defineOperation({
    governance: "tenant-read",
    method: "get",
    access: { mode: "tenant", scope: "swarms:read" },
    id: "rooms.transcript",
    path: "/v1/rooms/{roomId}/transcript",
    summary: "Export the messages that a room has kept, signed, to be checked offline",
    request: { params: RoomParams },
    response: { status: 200, media: ["application/jsonl"] },
    handle: ({ input, ...context }) => exportTranscript(context, input.params.roomId),
  }),
];
