import { z } from "@hono/zod-openapi";
import { Budget } from "../../grants/budget.ts";
import { grantModes } from "../../grants/mode.ts";
import { toolNamePattern } from "../../grants/tool-name.ts";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern, type IdKind } from "../../platform/ids.ts";
import { grantStatuses, simulationReasons } from "./grant.ts";

const Time = z.iso.datetime();
const id = (kind: IdKind) => z.string().regex(idPattern(kind));

export const GrantParams = z.object({ grantId: id("grant") });
export const ListGrantsQuery = z.object({ ...pageQuery, agentId: id("agent").optional() });

const ratePerMinute = z.int().min(1).max(6_000).openapi({ description: "Invocations in any rolling 60 s." });
const expiresAt = Time.nullable().openapi({ description: "When it ends by itself; null: never." });

export const CreateGrantBody = z
  .strictObject({
    agentId: id("agent"),
    capabilityId: id("capability"),
    policyId: id("policy").openapi({ description: "A policy over this capability, with a version in force." }),
    toolName: z
      .string()
      .regex(toolNamePattern)
      .optional()
      .openapi({ description: "What the agent's MCP client calls it by; made of the capability's name where it is left out." }),
    budget: Budget.prefault({}),
    ratePerMinute: ratePerMinute.default(60),
    expiresAt: expiresAt.default(null),
  })
  .openapi("CreateGrant");
export type GrantInput = z.output<typeof CreateGrantBody>;

export const UpdateGrantBody = z
  .strictObject({ budget: Budget.optional(), ratePerMinute: ratePerMinute.optional(), expiresAt: expiresAt.optional() })
  .refine((body) => Object.keys(body).length > 0, "Names nothing to change.")
  .openapi("UpdateGrant");
export type GrantChanges = z.output<typeof UpdateGrantBody>;

const grantFields = {
  id: z.string(),
  agentId: z.string(),
  capabilityId: z.string(),
  policyId: z.string(),
  toolName: z.string(),
  budget: Budget,
  ratePerMinute: z.int(),
  expiresAt: Time.nullable(),
  status: z.enum(grantStatuses),
  mode: z.enum(grantModes).openapi({
    description:
      "`simulation`: everything is decided and receipted, and nothing is sent. Computed at each use from what the grant rests on.",
  }),
  simulationReasons: z.array(z.enum(simulationReasons)).openapi({
    description:
      "Why it is in simulation; empty in production. What changed since it was promoted does not come back by being changed back.",
  }),
  promotedAt: Time.nullable().openapi({ description: "When it was promoted last, whether or not that still holds." }),
  createdBy: z.string(),
  createdAt: Time,
  updatedAt: Time,
};

export const Grant = z.object(grantFields).openapi("Grant");
export type GrantView = z.input<typeof Grant>;
export const GrantPage = pageOf(Grant).openapi("GrantPage");

const Micros = z.int().openapi({ description: "Millionths of the unit of the capability's currency." });
const Usage = z
  .object({
    total: z.int(),
    today: z.int(),
    month: z.int(),
    lastMinute: z.int(),
    spentTodayMicros: Micros,
    spentMonthMicros: Micros,
  })
  .openapi("GrantUsage", { description: "Days and months are of UTC. What is reserved counts as used." });

export const GrantDetail = z
  .object({
    ...grantFields,
    usage: z.object({ simulation: Usage, production: Usage }),
    unsettled: z.int().openapi({ description: "Invocations that hold budget because nobody knows yet what came of them." }),
    budgetShare: z.number().openapi({ description: "How much of its scarcest limit is used in production: 0 to 1." }),
    nearBudget: z.boolean(),
  })
  .openapi("GrantDetail");
export type GrantDetailView = z.input<typeof GrantDetail>;
