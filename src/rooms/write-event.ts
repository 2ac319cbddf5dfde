import { z } from "zod";
import { openSystemDb } from "../access/system-principal.ts";
import type { OutboxEntry } from "../audit/outbox.ts";
import { visitWays } from "../db/schema/room-visits.ts";
import type { Query } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import { insertVisit } from "../features/teamwork/index.ts";

const when = z.iso.datetime().transform((text) => new Date(text));
const EndedVisit = z
  .object({
    visitId: z.string(),
    roomId: z.string(),
    agentId: z.string(),
    joinedAt: when,
    leftAt: when,
    messages: z.int(),
    effects: z.int(),
    via: z.enum(visitWays),
  })
  .transform(({ visitId, ...visit }) => ({ ...visit, id: visitId }));
const AgentActor = z.templateLiteral(["agent:", z.string()]);

/** Writes what happened in a room to its organization's log, with the row of a visit that has ended. Throws AlreadyLogged where it stands there. */
export async function writeEvent(
  env: Environment,
  orgId: string,
  { id, action, resource, actor, change, data }: OutboxEntry,
): Promise<void> {
  const tenant = openSystemDb(env, orgId, AgentActor.parse(actor));
  const visits = action === "room.left" ? [EndedVisit.parse(data)] : [];
  await tenant.write({ id, action, resource, change, answer: null }, (db): Query[] => visits.map((visit) => insertVisit(db, visit)));
}
