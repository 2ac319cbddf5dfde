import { z } from "@hono/zod-openapi";
import { digestPattern } from "../../crypto/digest.ts";
import { grantModes } from "../../grants/mode.ts";
import { toolNamePattern } from "../../grants/tool-name.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { claimDays, matches, retentionDays, telemetryTypes } from "./event.ts";

const AgentId = z.string().regex(idPattern("agent"));
/** No free text: a name that says something of a person has no place here. */
const Name = z.string().regex(/^[\w-]{1,64}$/);
const mostEvents = 100;

const told = {
  id: Name.openapi({ description: "Your name for the event. It is taken once, for as long as it is kept: a repeat changes nothing." }),
  sessionId: Name,
  at: z.iso.datetime({ offset: true }).openapi({ description: "When it was: within the last 24 hours, by your clock." }),
} as const;

const ToolCall = z.strictObject({
  type: z.literal("tool_call"),
  ...told,
  tool: z.string().regex(toolNamePattern).openapi({ description: "The grant's `toolName`." }),
  mode: z.enum(grantModes).openapi({ description: "As the answer to the call said." }),
  invocationId: z
    .string()
    .regex(idPattern("invocation"))
    .optional()
    .openapi({ description: "What the call is on record as; or name its receipt." }),
  receiptId: z.string().regex(idPattern("receipt")).optional(),
  requestDigest: z
    .string()
    .regex(digestPattern)
    .optional()
    .openapi({ description: "SHA-256 of the RFC 8785 form of `{arguments}`; where it is given it must be the invocation's." }),
});

const TelemetryEventBody = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("session_start"), ...told }),
    z.strictObject({ type: z.literal("session_end"), ...told }),
    ToolCall,
  ])
  .refine((event) => event.type !== "tool_call" || event.invocationId === undefined || event.receiptId === undefined, {
    message: "Name the invocation or its receipt, not both.",
    path: ["receiptId"],
  });
export type ToldEvent = z.output<typeof TelemetryEventBody>;

export const RecordEventsBody = z
  .strictObject({ events: z.array(TelemetryEventBody).min(1).max(mostEvents) })
  .refine(({ events }) => new Set(events.map(({ id }) => id)).size === events.length, {
    message: "An id stands here twice.",
    path: ["events"],
  })
  .openapi("RecordTelemetry");

/** On every answer: whose word it is, and what that is worth. */
const selfAsserted = {
  selfAsserted: z.literal(true),
  assurance: z.literal(0).openapi({ description: "What an agent says of itself is shown, and never scored." }),
} as const;

export const RecordedEvents = z
  .object({ ...selfAsserted, events: z.array(z.object({ id: z.string(), eventId: Name })) })
  .openapi("RecordedTelemetry");
export type RecordedView = z.input<typeof RecordedEvents>;

export const ListEventsQuery = z.object({
  ...pageQuery,
  agentId: AgentId.optional(),
  sessionId: Name.optional(),
  type: z.enum(telemetryTypes).optional(),
  match: z.enum(matches).optional().openapi({ description: "Of tool calls alone." }),
});
export type EventQuery = z.output<typeof ListEventsQuery>;

const Time = z.iso.datetime();
const TelemetryEvent = z
  .object({
    id: z.string(),
    agentId: z.string(),
    eventId: Name,
    type: z.enum(telemetryTypes),
    sessionId: Name,
    at: Time.openapi({ description: "When it was, as the agent says." }),
    receivedAt: Time,
    ...selfAsserted,
    call: z
      .object({
        tool: z.string(),
        mode: z.enum(grantModes),
        claimedInvocationId: z.string().nullable(),
        claimedReceiptId: z.string().nullable(),
        claimedRequestDigest: z.string().nullable(),
        match: z.enum(matches).openapi({
          description: `\`matched\`: the agent has such an invocation, of that tool and in that mode and not older than ${claimDays} days, and no earlier call was it. \`pending\`: not yet, and it came less than 5 minutes ago. \`unmatched\`: a tool call without a receipt.`,
        }),
        invocationId: z.string().nullable().openapi({ description: "The invocation that it matches." }),
      })
      .nullable()
      .openapi({ description: "Null but for a tool call." }),
  })
  .openapi("TelemetryEvent");
export type TelemetryEventView = z.input<typeof TelemetryEvent>;

export const TelemetryEventPage = pageOf(TelemetryEvent)
  .extend({
    since: Time.openapi({ description: `From when on events are kept: ${retentionDays} days. Older ones are deleted, and not listed.` }),
  })
  .openapi("TelemetryEventPage");
