import { defineOperation } from "../../http/define-operation.ts";
import { listEvents } from "./list-events.ts";
import { recordEvents } from "./record-events.ts";
import { ListEventsQuery, RecordedEvents, RecordEventsBody, TelemetryEventPage } from "./schemas.ts";

export const telemetryOperations = [
  defineOperation({
    id: "telemetry.record",
    tool: "record_telemetry",
    method: "post",
    path: "/v1/telemetry/events",
    summary: "Tell of sessions and tool calls, as the agent that the credential is bound to",
    guide:
      "Up to 100 events a call. They are the agent's own word: shown, never scored, and compared with its invocations, so that a tool call without a receipt is a runtime exception.",
    access: { mode: "tenant", scope: "telemetry:write" },
    governance: "tenant-mutation",
    audit: "telemetry.recorded",
    request: { body: RecordEventsBody },
    response: { status: 201, body: RecordedEvents },
    handle: ({ input, ...context }) => recordEvents(context, input.body),
  }),
  defineOperation({
    id: "telemetry.list",
    method: "get",
    path: "/v1/telemetry/events",
    summary: "List what agents told of themselves, and which of their tool calls are on record",
    access: { mode: "tenant", scope: "telemetry:read" },
    governance: "tenant-read",
    request: { query: ListEventsQuery },
    response: { status: 200, body: TelemetryEventPage },
    handle: ({ input, ...context }) => listEvents(context, input.query),
  }),
];
