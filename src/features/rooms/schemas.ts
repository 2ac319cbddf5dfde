import { z } from "@hono/zod-openapi";
import { Capabilities, Topic } from "../../access/room-capability.ts";
import { roomTokenSeconds } from "../../access/room-token.ts";
import { taggedIdPattern } from "../../access/tagged-id.ts";
import { AnyJson } from "../../expressions/any-json.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";

export const RoomParams = z.object({ roomId: z.string().regex(taggedIdPattern("room")) });
export const RevocationParams = RoomParams.extend({ revocationId: z.string().regex(idPattern("roomRevocation")) });
export const ListQuery = z.object(pageQuery);

const AgentId = z.string().regex(idPattern("agent"));
const Time = z.iso.datetime();

const Name = z.string().trim().min(1).max(200);
const TopicInput = z.strictObject({
  name: Topic.openapi({ example: "orders.paid" }),
  schema: AnyJson.optional().openapi({ description: "JSON Schema 2020-12 that each message of the topic must satisfy." }),
});
const Topics = z
  .array(TopicInput)
  .max(64)
  .refine((topics) => new Set(topics.map(({ name }) => name)).size === topics.length, "The same topic twice.")
  .openapi({ description: "The topics that the room takes messages on. None: any topic." });
const Retention = z.strictObject({
  messages: z.int().min(1).max(100_000).openapi({ description: "How many messages are kept; the plan has its own bound." }),
  days: z.int().min(1).max(90).openapi({ description: "For how many days; the plan has its own bound." }),
});

export const CreateRoomBody = z
  .strictObject({ name: Name, topics: Topics.default([]), retention: Retention.default({ messages: 1000, days: 7 }) })
  .openapi("CreateRoom");
export type RoomInput = z.output<typeof CreateRoomBody>;
export const UpdateRoomBody = z
  .strictObject({ name: Name, topics: Topics, retention: Retention })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, "Nothing to change.")
  .openapi("UpdateRoom");
export type RoomChanges = z.output<typeof UpdateRoomBody>;

export const Room = z
  .object({
    id: z.string(),
    swarmId: z.string(),
    name: z.string(),
    topics: z.array(z.object({ name: z.string(), schema: AnyJson.optional() })),
    retention: z.object({ messages: z.int(), days: z.int() }),
    closedAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("Room");
export type RoomView = z.input<typeof Room>;
export const RoomPage = pageOf(Room).openapi("RoomPage");

const Place = z.object({ seq: z.int(), digest: z.string() });
export const RoomStatus = z
  .object({
    roomId: z.string(),
    head: Place.openapi({ description: "The newest message; sequence number 0 where there is none yet." }),
    floor: Place.openapi({ description: "The message before the oldest one that is kept." }),
    bytes: z.int().openapi({ description: "What the kept messages take." }),
    sockets: z.int(),
    agents: z.array(z.string()).readonly().openapi({ description: "Who is connected." }),
  })
  .openapi("RoomStatus");
export type RoomStatusView = z.input<typeof RoomStatus>;

export const MintTokenBody = z
  .strictObject({
    agentId: AgentId,
    caps: Capabilities.openapi({
      description: "`presence`, `history`, `topic:publish[:<pattern>]`, `topic:subscribe[:<pattern>]`; without a pattern: every topic.",
      example: ["topic:subscribe:orders.**", "topic:publish:orders.paid", "presence"],
    }),
    lifetimeSeconds: z.int().min(10).max(roomTokenSeconds).default(roomTokenSeconds),
  })
  .openapi("MintRoomToken");
export type TokenInput = z.output<typeof MintTokenBody>;

export const MintedToken = z
  .object({
    token: z.string().nullable().openapi({ description: "Shown this once; null when a repeated request is answered." }),
    tokenId: z.string(),
    roomId: z.string(),
    agentId: z.string(),
    caps: z.array(z.string()).readonly(),
    expiresAt: Time,
    expiresIn: z.int().openapi({ description: "Seconds." }),
    connectUrl: z.url().openapi({ description: "Where a WebSocket connects: subprotocols `armalo.room.v1` and `bearer.<token>`." }),
  })
  .openapi("RoomToken");
export type MintedTokenView = z.input<typeof MintedToken>;

export const RevokeBody = z
  .union([
    z.strictObject({ tokenId: z.string().regex(idPattern("roomToken")) }),
    z.strictObject({
      agentId: AgentId,
      until: Time.nullable().default(null).openapi({ description: "Null: until it is lifted." }),
    }),
  ])
  .openapi("RevokeInRoom");
export type RevokeInput = z.output<typeof RevokeBody>;

export const Revocation = z
  .object({
    id: z.string(),
    roomId: z.string(),
    tokenId: z.string().nullable(),
    agentId: z.string().nullable(),
    state: z.enum(["standing", "ended", "lifted"]),
    until: Time.nullable(),
    revokedBy: z.string(),
    liftedAt: Time.nullable(),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi("RoomRevocation");
export type RevocationView = z.input<typeof Revocation>;
export const RevocationPage = pageOf(Revocation).openapi("RoomRevocationPage");
