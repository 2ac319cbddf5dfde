import { defineOperation } from "../../http/define-operation.ts";
import { rateReceipt } from "./rate-receipt.ts";
import { getReceivedRating, listRatings } from "./read-ratings.ts";
import { GivenRating, GivenRatingPage, ListRatingsQuery, RateBody, RatedReceiptParams, ReceiptRating } from "./schemas.ts";

const read = { governance: "tenant-read", method: "get", access: { mode: "tenant", scope: "receipts:read" } } as const;

export const ratingOperations = [
  defineOperation({
    governance: "tenant-mutation",
    method: "post",
    access: { mode: "tenant", scope: "receipts:rate" },
    id: "ratings.create",
    path: "/v1/ratings",
    summary: "Rate another organization's receipt that names this one as the counterparty",
    guide:
      "Only of an effect that was confirmed in production, and once, for good. It becomes evidence of the agent's score within a minute: all ratings of one counterparty add less than 3.",
    audit: "rating.given",
    request: { body: RateBody },
    response: { status: 201, body: GivenRating },
    handle: ({ input, ...context }) => rateReceipt(context, input.body),
  }),
  defineOperation({
    ...read,
    id: "ratings.list",
    path: "/v1/ratings",
    summary: "List the ratings that this organization gave, newest first",
    request: { query: ListRatingsQuery },
    response: { status: 200, body: GivenRatingPage },
    handle: ({ input, ...context }) => listRatings(context, input.query),
  }),
  defineOperation({
    ...read,
    id: "receipts.get_rating",
    path: "/v1/receipts/{receiptId}/rating",
    summary: "Read what the counterparty said of a receipt",
    request: { params: RatedReceiptParams },
    response: { status: 200, body: ReceiptRating },
    handle: ({ input, ...context }) => getReceivedRating(context, input.params.receiptId),
  }),
];
