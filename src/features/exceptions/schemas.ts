import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";
import { decisionReasons } from "../../policies/decision.ts";
import { dimensionNames } from "../../scores/names.ts";
import { exceptionPattern } from "./exception-id.ts";
import { exceptionKinds, exceptionStatuses } from "./exception.ts";

export const ExceptionParams = z.object({ exceptionId: z.string().regex(exceptionPattern) });
export const ListExceptionsQuery = z.object({
  ...pageQuery,
  kind: z.enum(exceptionKinds).optional(),
  status: z.enum(exceptionStatuses).optional(),
  assigneeId: z.string().regex(idPattern("member")).optional().openapi({ description: "Of this member." }),
});
export type ExceptionQuery = z.output<typeof ListExceptionsQuery>;

export const AssignExceptionBody = z
  .strictObject({
    memberId: z.string().regex(idPattern("member")).nullable().openapi({ description: "An active member, or null for nobody." }),
  })
  .openapi("AssignException");
export const ResolveExceptionBody = z
  .strictObject({ note: z.string().trim().min(1).max(500).nullable().default(null) })
  .openapi("ResolveException");

const Time = z.iso.datetime();
const Share = z.number().min(0).max(1);
const Falls = z.array(z.object({ dimension: z.enum(dimensionNames), from: Share, to: Share }));

/** What an occurrence is besides its rows. */
export const Detail = z.object({ share: Share.optional(), falls: Falls.optional(), expiresAt: z.string().optional() });
export type Detail = z.infer<typeof Detail>;

export const RuntimeException = z
  .object({
    id: z.string().openapi({ description: "Derived from the kind and what it is about: the same each time." }),
    kind: z.enum(exceptionKinds),
    status: z.enum(exceptionStatuses).openapi({
      description: "`resolved` until it occurs again, `acknowledged` until nothing of what is counted was there then; then `open`.",
    }),
    reason: z.enum(decisionReasons).nullable().openapi({ description: "Of a denial." }),
    agentId: z.string(),
    grantId: z.string().nullable(),
    approvalId: z.string().nullable(),
    invocationIds: z.array(z.string()).openapi({ description: "The newest, up to 10." }),
    telemetryEventIds: z.array(z.string()).openapi({ description: "The newest, up to 10." }),
    count: z.int().openapi({
      description:
        "Occurrences in the last 30 days; those beyond the newest 1,000 of a kind are not counted, and of `score_falling` the newest 50 scores of the week are.",
    }),
    countIsExact: z.boolean().openapi({ description: "False where there may be more: at least `count`." }),
    firstSeenAt: Time.openapi({ description: "Of what is counted." }),
    lastSeenAt: Time,
    budgetShare: Share.nullable().openapi({ description: "Of `budget_near`: the largest used share of a limit, with the newest call." }),
    scoreFalls: Falls.nullable().openapi({
      description: "Of `score_falling`: the lower bounds that fell by 0.05 or more since a week ago.",
    }),
    expiresAt: Time.nullable().openapi({ description: "Of `approval_waiting`." }),
    assigneeId: z.string().nullable(),
    acknowledgedBy: z.string().nullable(),
    acknowledgedAt: Time.nullable(),
    resolvedBy: z.string().nullable(),
    resolvedAt: Time.nullable(),
    note: z.string().nullable().openapi({ description: "Of the last resolution. The log holds a salted commitment to it." }),
  })
  .openapi("RuntimeException");
export type ExceptionView = z.input<typeof RuntimeException>;
export const RuntimeExceptionPage = pageOf(RuntimeException).openapi("RuntimeExceptionPage");
