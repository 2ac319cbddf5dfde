import type { z } from "@hono/zod-openapi";
import { requireAgent } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage } from "../../http/pagination.ts";
import { keptSince, type Match } from "./event.ts";
import type { EventQuery, TelemetryEventPage, TelemetryEventView } from "./schemas.ts";
import { selectEvents, type TelemetryRow } from "./store.ts";

export async function listEvents({ tenant, principal, now }: ReadContext, query: EventQuery): Promise<z.input<typeof TelemetryEventPage>> {
  if (query.agentId !== undefined) requireAgent(principal, query.agentId);
  const agentId = principal.agentId ?? query.agentId ?? null;
  const [rows] = await tenant.read((db) => [selectEvents(db, query, agentId, now)]);
  const page = toPage(rows, query, ({ event }) => ({ at: event.receivedAt, id: event.id }), toEvent);
  return { ...page, since: keptSince(now).toISOString() };
}

type Found = { readonly event: TelemetryRow; readonly match: Match | null; readonly invocationId: string | null };

function toEvent({ event, match, invocationId }: Found): TelemetryEventView {
  const { tool, mode, claimedInvocationId, claimedReceiptId, claimedRequestDigest } = event;
  const call = tool === null || mode === null || match === null ? null : { tool, mode, match, invocationId };
  return {
    id: event.id,
    agentId: event.agentId,
    eventId: event.eventId,
    type: event.type,
    sessionId: event.sessionId,
    at: event.at.toISOString(),
    receivedAt: event.receivedAt.toISOString(),
    selfAsserted: true,
    assurance: 0,
    call: call === null ? null : { ...call, claimedInvocationId, claimedReceiptId, claimedRequestDigest },
  };
}
