import { z } from "@hono/zod-openapi";
import { reviewVerdicts } from "../../grants/invocation.ts";
import { grantModes } from "../../grants/mode.ts";
import { idPattern } from "../../platform/ids.ts";
import { Grant } from "../grants/index.ts";
import { Receipt } from "../receipts/index.ts";
import { dimensionNames } from "../../scores/names.ts";

const Count = z.int().min(0);

export const Promotion = z
  .object({
    grantId: z.string(),
    mode: z.enum(grantModes),
    basis: z.string().nullable().openapi({
      description: "The digest of the versions of agent, pacts, policy and capability as they are now: what it would be promoted for.",
    }),
    ready: z.boolean().openapi({ description: "Whether a signed-in person could promote it now." }),
    missing: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .openapi({ description: "What the evidence lacks, each thing with how much of it. What is unavailable is missing." }),
    dimensions: z.array(
      z.object({ dimension: z.enum(dimensionNames), L: z.number(), N: z.number(), checks: Count, floor: z.number() }).openapi({
        description: "`L` must be at least `floor`, `N` what a score needs, and `checks` 28.",
      }),
    ),
    openCriticalViolations: Count,
    reviews: z
      .object({ needed: Count, accepted: Count, rejected: Count, unreviewed: Count })
      .openapi({ description: "Of simulated calls under the present versions; unreviewed among the newest 100." }),
    score: z
      .object({ computedAt: z.string(), agentVersionNumber: z.int(), evidenceDigest: z.string() })
      .nullable()
      .openapi({ description: "Null: unavailable." }),
  })
  .openapi("Promotion");
export type PromotionView = z.input<typeof Promotion>;

export const Promoted = z.object({ grant: Grant, evidence: Promotion, receipt: Receipt }).openapi("Promoted");
export type PromotedView = z.input<typeof Promoted>;

const mostReviewed = 100;

export const ReviewBody = z
  .strictObject({
    invocationIds: z
      .array(z.string().regex(idPattern("invocation")))
      .min(1)
      .max(mostReviewed)
      .refine((ids) => new Set(ids).size === ids.length, "One is in it twice.")
      .openapi({ description: "Simulated calls of the grant under its present versions, not reviewed yet." }),
    verdict: z.enum(reviewVerdicts).openapi({
      description: "Whether it would have been right to send them. One that was rejected blocks the promotion under these versions.",
    }),
  })
  .openapi("ReviewCalls");
export type ReviewInput = z.output<typeof ReviewBody>;

export const Reviewed = z
  .object({ grantId: z.string(), verdict: z.enum(reviewVerdicts), reviewed: Count, reviewedBy: z.string() })
  .openapi("ReviewedCalls");
export type ReviewedView = z.input<typeof Reviewed>;
