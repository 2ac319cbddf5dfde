import { z } from "@hono/zod-openapi";
import { pageOf, pageQuery } from "../../http/pagination.ts";
import { idPattern } from "../../platform/ids.ts";

const Value = z.number().min(0).max(1).openapi({ description: "1 all was well, 0 nothing was." });

export const RateBody = z
  .strictObject({
    statement: z.string().min(1).max(65_536).openapi({
      description: "The receipt's statement, a compact JWS, as the other organization gave it: it names yours as the counterparty.",
    }),
    value: Value,
  })
  .openapi("RateReceipt");
export type RateInput = z.output<typeof RateBody>;

const fields = { id: z.string(), receiptId: z.string(), agentId: z.string(), value: Value };

export const GivenRating = z
  .object({
    ...fields,
    organizationId: z.string().openapi({ description: "Whose receipt it is." }),
    receiptDigest: z.string(),
    ratedBy: z.string(),
    ratedAt: z.iso.datetime(),
  })
  .openapi("GivenRating");
export type GivenView = z.input<typeof GivenRating>;
export const GivenRatingPage = pageOf(GivenRating).openapi("GivenRatingPage");
export const ListRatingsQuery = z.object(pageQuery);

const ReceivedRating = z
  .object({
    ...fields,
    organizationId: z.string().openapi({ description: "Who rated." }),
    counterparty: z.string().openapi({
      description: "What it counts as: the organization itself, or the owner group that the administrator put it in.",
    }),
    ratedAt: z.iso.datetime(),
    notedAt: z.iso.datetime().openapi({ description: "When it became evidence of the agent's score." }),
  })
  .openapi("ReceivedRating");
export type ReceivedView = z.input<typeof ReceivedRating>;
export const ReceiptRating = z
  .object({ receiptId: z.string(), rating: ReceivedRating.nullable().openapi({ description: "Null: nobody rated it." }) })
  .openapi("ReceiptRating");
export type ReceiptRatingView = z.input<typeof ReceiptRating>;
export const RatedReceiptParams = z.object({ receiptId: z.string().regex(idPattern("receipt")) });
