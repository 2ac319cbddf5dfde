import { z } from "@hono/zod-openapi";
import { Topic, TopicPattern } from "../../access/room-capability.ts";
import { MessageId } from "../../rooms/frames.ts";
import { roomLimits } from "../../rooms/limits.ts";

export const PublishBody = z
  .strictObject({
    topic: Topic,
    body: z.unknown().openapi({ description: "JSON of at most 64 KiB, which the topic's schema, where it has one, must allow." }),
    messageId: MessageId.optional().openapi({
      description: "The agent's own name for the message: sent again, it is not published again.",
    }),
    sideEffect: z
      .boolean()
      .default(false)
      .openapi({ description: "Whether the message has an effect outside of the room: it is then an event of the audit log as well." }),
  })
  .openapi("PublishRoomMessage");

export const PublishedMessage = z
  .object({
    seq: z.int().openapi({ description: "The message's number: from 1, without a gap." }),
    digest: z
      .string()
      .openapi({ description: "Hex SHA-256 of the RFC 8785 form of the message, its room and the digest of the one before." }),
    duplicate: z.boolean().openapi({ description: "Whether it had been published before, under the same messageId." }),
  })
  .openapi("PublishedRoomMessage");

export const HistoryQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).openapi({ description: "The number behind which the page begins." }),
  limit: z.coerce.number().int().min(1).max(roomLimits.historyPage).default(100).openapi({ description: "Messages in a page, at most." }),
  topic: TopicPattern.optional().openapi({ description: "Only messages of topics that this pattern stands for." }),
});

const RoomMessage = z
  .object({
    seq: z.int(),
    topic: z.string(),
    from: z.string(),
    at: z.iso.datetime(),
    body: z.unknown(),
    sideEffect: z.boolean(),
    salt: z.string().openapi({ description: "128 random bits, part of what is digested." }),
    previous: z.string().openapi({ description: "The digest of the message before this one, of whatever topic." }),
    digest: z.string(),
  })
  .openapi("RoomMessage");

export const HistoryPage = z
  .object({
    messages: z.array(RoomMessage),
    head: z.object({ seq: z.int(), digest: z.string() }).openapi({ description: "The newest message of all topics." }),
    oldest: z.int().openapi({ description: "The oldest number that is still kept." }),
    next: z.int().nullable().openapi({ description: "The `after` of the next page; null where this one reaches the newest message." }),
  })
  .openapi("RoomHistory");

export const PresentAgents = z
  .object({ agents: z.array(z.string()).openapi({ description: "Agents with an open socket, each once." }) })
  .openapi("RoomPresence");
