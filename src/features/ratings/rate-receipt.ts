import { openHistory, selectKeyHistory } from "../../access/current-signer.ts";
import { requireWholeOrganization } from "../../access/principal.ts";
import type { WriteContext } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { newId } from "../../platform/ids.ts";
import { noteLater } from "./note-ratings.ts";
import { judgeRatable, openReceipt, type Ratable } from "./rating.ts";
import type { GivenView, RateInput } from "./schemas.ts";
import { insertRating, selectOwnerGroups } from "./store.ts";
import { toGiven } from "./view.ts";

type Context = WriteContext<"rating.given">;

/**
 * Says what became of another organization's action, as the counterparty that its receipt names: once, for good. A row of the rater's own; the
 * other side's is written by the service, and becomes evidence there. The database checks all of it once more (app.take_receipt).
 */
export async function rateReceipt(context: Context, { statement, value }: RateInput): Promise<GivenView> {
  const { tenant, principal, now } = context;
  requireWholeOrganization(principal);
  const receipt = await requireRatable(context, statement);
  const rating = {
    id: newId("rating"),
    receiptOrgId: receipt.orgId,
    receiptId: receipt.receiptId,
    receiptDigest: receipt.digest,
    value,
    ratedBy: principal.actor,
    createdAt: now,
  };
  const view = toGiven({ ...rating, agentId: receipt.agentId });
  const { orgId, receiptId, digest } = receipt;
  const change = { organization: orgId, receiptId, receipt: digest, value };
  await tenant.write({ action: "rating.given", resource: rating.id, change, answer: view }, (db) => [insertRating(db, rating)]);
  noteLater(context, { orgId, ratingId: rating.id });
  return view;
}

/** One round trip, for the keys and for whose the two organizations are. */
async function requireRatable({ tenant, environment }: Context, statement: string): Promise<Ratable> {
  const opening = await openReceipt(statement);
  if (!opening.ok) throw refuse(opening.message);
  const { receipt } = opening;
  const [[keyHistory], [groups]] = await tenant.read((db) => [selectKeyHistory(db), selectOwnerGroups(db, receipt.said.organization)]);
  if (groups === undefined) throw new Error("an organization without an owner group");
  const { history } = await openHistory(keyHistory);
  const verdict = await judgeRatable(receipt, { orgId: tenant.orgId, environment }, { history, groups });
  if (!verdict.ok) throw refuse(verdict.message);
  return verdict.receipt;
}

const refuse = (message: string) => problem("invalid_request", message, { errors: [{ path: "body.statement", message }] });
