import { defineOperation } from "../../http/define-operation.ts";
import { SwarmParams } from "../swarms/index.ts";
import { changeRoom, closeRoom, createRoom } from "./change-rooms.ts";
import { mintToken } from "./mint-token.ts";
import { getRoom, getStatus, listRevocations, listRooms } from "./read-rooms.ts";
import { liftRevocation, revokeInRoom } from "./revoke.ts";
import {
  CreateRoomBody,
  ListQuery,
  MintedToken,
  MintTokenBody,
  Revocation,
  RevocationPage,
  RevocationParams,
  RevokeBody,
  Room,
  RoomPage,
  RoomParams,
  RoomStatus,
  UpdateRoomBody,
} from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "swarms:read" } } as const;
const change = { governance: "tenant-mutation", method: "post", access: { mode: "tenant", scope: "swarms:write" } } as const;
/** The gate passes a storage write before it admits one. */
const credential = { ...change, governance: "credential" } as const;

export const roomOperations = [
  defineOperation({
    ...change,
    id: "rooms.create",
    path: "/v1/swarms/{swarmId}/rooms",
    summary: "Create a room in a swarm",
    audit: "room.created",
    request: { params: SwarmParams, body: CreateRoomBody },
    response: { status: 201, body: Room },
    handle: ({ input, ...context }) => createRoom(context, input.params.swarmId, input.body),
  }),
  defineOperation({
    ...read,
    id: "rooms.list",
    path: "/v1/swarms/{swarmId}/rooms",
    summary: "List the rooms of a swarm",
    request: { params: SwarmParams, query: ListQuery },
    response: { status: 200, body: RoomPage },
    handle: ({ input, ...context }) => listRooms(context, input.params.swarmId, input.query),
  }),
  defineOperation({
    ...read,
    id: "rooms.get",
    path: "/v1/rooms/{roomId}",
    summary: "Read a room",
    request: { params: RoomParams },
    response: { status: 200, body: Room },
    handle: ({ input, ...context }) => getRoom(context, input.params.roomId),
  }),
  defineOperation({
    ...read,
    id: "rooms.status",
    path: "/v1/rooms/{roomId}/status",
    summary: "Say who is in a room, and how much was said",
    request: { params: RoomParams },
    response: { status: 200, body: RoomStatus },
    handle: ({ input, ...context }) => getStatus(context, input.params.roomId),
  }),
  defineOperation({
    ...change,
    method: "patch",
    id: "rooms.update",
    path: "/v1/rooms/{roomId}",
    summary: "Change a room's topics, retention or name",
    audit: "room.updated",
    request: { params: RoomParams, body: UpdateRoomBody },
    response: { status: 200, body: Room },
    handle: ({ input, ...context }) => changeRoom(context, input.params.roomId, input.body),
  }),
  defineOperation({
    ...credential,
    id: "rooms.close",
    path: "/v1/rooms/{roomId}/close",
    summary: "Close a room for good, and put everyone out of it",
    audit: "room.closed",
    request: { params: RoomParams },
    response: { status: 200, body: Room },
    handle: ({ input, ...context }) => closeRoom(context, input.params.roomId),
  }),
  defineOperation({
    ...credential,
    access: { mode: "tenant", scope: "swarms:join" },
    id: "room_tokens.mint",
    path: "/v1/rooms/{roomId}/tokens",
    summary: "Mint a room token for an agent",
    audit: "room.token_minted",
    request: { params: RoomParams, body: MintTokenBody },
    response: { status: 201, body: MintedToken },
    handle: ({ input, ...context }) => mintToken(context, input.params.roomId, input.body),
  }),
  defineOperation({
    ...credential,
    id: "room_revocations.create",
    path: "/v1/rooms/{roomId}/revocations",
    summary: "Put an agent, or the bearer of one token, out of a room",
    audit: "room.revoked",
    request: { params: RoomParams, body: RevokeBody },
    response: { status: 201, body: Revocation },
    handle: ({ input, ...context }) => revokeInRoom(context, input.params.roomId, input.body),
  }),
  defineOperation({
    ...read,
    id: "room_revocations.list",
    path: "/v1/rooms/{roomId}/revocations",
    summary: "List who was put out of a room",
    request: { params: RoomParams, query: ListQuery },
    response: { status: 200, body: RevocationPage },
    handle: ({ input, ...context }) => listRevocations(context, input.params.roomId, input.query),
  }),
  defineOperation({
    ...credential,
    id: "room_revocations.lift",
    path: "/v1/rooms/{roomId}/revocations/{revocationId}/lift",
    summary: "Let an agent into a room again",
    audit: "room.revocation_lifted",
    request: { params: RevocationParams },
    response: { status: 200, body: Revocation },
    handle: ({ input, ...context }) => liftRevocation(context, input.params.roomId, input.params.revocationId),
  }),
];
