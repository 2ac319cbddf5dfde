import { z } from "@hono/zod-openapi";
import { taggedIdPattern } from "../../access/tagged-id.ts";
import { idPattern } from "../../platform/ids.ts";

const RoomId = z.string().regex(taggedIdPattern("room"));
const Time = z.iso.datetime();

export const TeamworkParams = z.object({ agentId: z.string().regex(idPattern("agent")) });
export const TeamworkQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(25).openapi({ description: "Rooms in a page." }),
  cursor: RoomId.optional().openapi({ description: "`nextCursor` of the page before." }),
});

const counts = {
  visits: z.int().openapi({ description: "Memberships that have ended; one that goes on is counted at its end." }),
  messages: z.int().openapi({ description: "What the agent published in them." }),
  effects: z.int().openapi({ description: "Those of the messages that it flagged as having an effect outside of the room." }),
};

const RoomTeamwork = z.object({ roomId: z.string(), ...counts, firstJoinedAt: Time, lastLeftAt: Time }).openapi("RoomTeamwork");

export const Teamwork = z
  .object({
    agentId: z.string(),
    assurance: z.literal(0).openapi({ description: "The agent's own doing, which no independent party has judged." }),
    scored: z.literal(false).openapi({ description: "No number here enters a score, or opens a violation." }),
    total: z.object({ rooms: z.int(), ...counts, firstJoinedAt: Time.nullable(), lastLeftAt: Time.nullable() }),
    items: z.array(RoomTeamwork).openapi({ description: "By room, in the order of their ids." }),
    nextCursor: z.string().nullable(),
  })
  .openapi("Teamwork");
