import { openSystemDb } from "../../access/system-principal.ts";
import type { Action } from "../../audit/actions.ts";
import { jsonDigest } from "../../crypto/digest.ts";
import { findUnnotedRatings } from "../../db/cross-tenant.ts";
import type { TenantWriter } from "../../db/tenant-db.ts";
import type { Environment } from "../../env.ts";
import type { Basics } from "../../http/operation.ts";
import { describeFault } from "../../platform/describe-fault.ts";
import { log } from "../../platform/logger.ts";
import { selectReceipt, selectReceiptHead, versionInReceipt } from "../receipts/index.ts";
import { isScoreRace, planScore, selectScoreGround } from "../scores/index.ts";
import { evidenceOfRating } from "./rating.ts";
import { agentOfRating, insertReceivedRating, receiptOfRating, selectReceivable, selectReceivedRating } from "./store.ts";

/** A rating, and who received it: from our own records, never from a caller. */
type NamedRating = { readonly orgId: string; readonly ratingId: string };

const mostRatings = 100;
/** By then the request that rated has had it noted, if nothing was lost. */
const lateAfterMs = 30_000;
/** Runs and effects of the agent may change its score in between. */
const mostAttempts = 5;

/** Makes evidence of a rating at the organization that received it, once the rating is written. What is lost here, the sweep finds. */
export const noteLater = ({ env, now, waitUntil }: Pick<Basics, "env" | "now" | "waitUntil">, rating: NamedRating): void =>
  waitUntil(noteOrTell(env, rating, now));

/** Notes what the receivers' logs have not. Returns how many ratings were looked at. */
export async function sweepRatings(env: Environment, now: Date): Promise<number> {
  const ratings = await findUnnotedRatings(env, new Date(now.getTime() - lateAfterMs), mostRatings);
  for (const rating of ratings) await noteOrTell(env, rating, now);
  return ratings.length;
}

async function noteOrTell(env: Environment, { orgId, ratingId }: NamedRating, now: Date): Promise<void> {
  const tenant = openSystemDb(env, orgId, "system:ratings");
  try {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await noteRating(tenant, ratingId, now);
      } catch (thrown) {
        if (!isScoreRace(thrown) || attempt === mostAttempts) throw thrown;
      }
    }
  } catch (fault) {
    log("warn", "rating_not_noted", { orgId, ratingId, fault: describeFault(fault) });
  }
}

/** The receiver's own row, its evidence and the score that comes of it, in one write: the database refuses a second one. */
async function noteRating(tenant: TenantWriter<Action>, ratingId: string, now: Date): Promise<void> {
  const [[given], [noted], [receipt], [head], rows, [standing]] = await tenant.read((db) => [
    selectReceivable(db, ratingId),
    selectReceivedRating(db, receiptOfRating(ratingId)),
    selectReceipt(db, receiptOfRating(ratingId)),
    selectReceiptHead(db, agentOfRating(ratingId)),
    ...selectScoreGround(db, agentOfRating(ratingId), null),
  ]);
  if (given === undefined || receipt === undefined || head === undefined || noted !== undefined) return;
  const record = evidenceOfRating({ id: ratingId, ...given }, versionInReceipt(receipt.statement), await ratingsSuite(), now);
  const { agentId, receiptId, raterOrgId, value } = given;
  const subject = { agentId, ownerOrg: tenant.orgId, versionNumber: head.versionNumber };
  const score = await planScore({ ...subject, ground: { rows, standing }, record, now });
  const change = { ratingId, agentId, organization: raterOrgId, value };
  const event = { action: "receipt.rated", resource: receiptId, change, answer: null, consequences: score.consequences } as const;
  await tenant.write(event, (db) => [insertReceivedRating(db, { id: ratingId, notedAt: now }), ...score.statements(db)]);
}

const ratingsSuite = (): Promise<string> => jsonDigest({ type: "counterparty-ratings" });
