import type { z } from "@hono/zod-openapi";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { refuseTime, telemetryId } from "./event.ts";
import type { RecordedView, RecordEventsBody, ToldEvent } from "./schemas.ts";
import { insertEvents, type NewEvent } from "./store.ts";

/** Takes an agent's word on what it did: one round trip. Each event is taken once, and what came first stays. */
export async function recordEvents(
  { tenant, principal, now }: WriteContext<"telemetry.recorded">,
  { events }: z.output<typeof RecordEventsBody>,
): Promise<RecordedView> {
  const { agentId } = principal;
  if (agentId === null) throw problem("forbidden", "the credential is bound to no agent");
  const refused = events.flatMap(({ at }, index) => {
    const message = refuseTime(new Date(at), now);
    return message === undefined ? [] : [{ path: `body.events.${index}.at`, message }];
  });
  if (refused.length > 0) throw problem("invalid_request", "times out of range", { errors: refused });
  const rows = await Promise.all(events.map((event, position) => toRow(agentId, event, position)));
  const answer: RecordedView = { selfAsserted: true, assurance: 0, events: rows.map(({ id, eventId }) => ({ id, eventId })) };
  await tenant.write({ action: "telemetry.recorded", resource: agentId, change: { events }, answer }, (db) => [
    insertEvents(db, agentId, rows, now),
  ]);
  return answer;
}

async function toRow(agentId: string, event: ToldEvent, position: number): Promise<NewEvent> {
  const call = event.type === "tool_call" ? event : undefined;
  return {
    id: await telemetryId(agentId, event.id),
    eventId: event.id,
    type: event.type,
    sessionId: event.sessionId,
    at: new Date(event.at),
    position,
    tool: call?.tool ?? null,
    mode: call?.mode ?? null,
    claimedInvocationId: call?.invocationId ?? null,
    claimedReceiptId: call?.receiptId ?? null,
    claimedRequestDigest: call?.requestDigest ?? null,
  };
}
