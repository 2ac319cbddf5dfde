import type { z } from "@hono/zod-openapi";
import { requireAgent, requireWholeOrganization } from "../../access/principal.ts";
import type { ReadContext } from "../../http/operation.ts";
import { toPage, type Page } from "../../http/pagination.ts";
import { problem } from "../../http/problem.ts";
import { selectReceipt } from "../receipts/index.ts";
import type { GivenRatingPage, ReceiptRatingView } from "./schemas.ts";
import { selectRatings, selectReceivedRating } from "./store.ts";
import { toGiven, toReceived } from "./view.ts";

/** What the organization said of others' receipts, newest first. */
export async function listRatings({ tenant, principal }: ReadContext, page: Page): Promise<z.input<typeof GivenRatingPage>> {
  requireWholeOrganization(principal);
  const [rows] = await tenant.read((db) => [selectRatings(db, page)]);
  return toPage(rows, page, ({ createdAt, id }) => ({ at: createdAt, id }), toGiven);
}

/** What the counterparty said of one of the organization's own receipts: null where it said nothing. */
export async function getReceivedRating({ tenant, principal }: ReadContext, receiptId: string): Promise<ReceiptRatingView> {
  const [[receipt], [row]] = await tenant.read((db) => [selectReceipt(db, receiptId), selectReceivedRating(db, receiptId)]);
  if (receipt === undefined) throw problem("not_found", "no such receipt");
  requireAgent(principal, receipt.agentId);
  return { receiptId, rating: row === undefined ? null : toReceived(row) };
}
