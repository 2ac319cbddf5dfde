import { and, eq, sql, type SQL } from "drizzle-orm";
import { ratings, receiptRatings } from "../../db/schema/ratings.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";
import { keyset, type Page } from "../../http/pagination.ts";

type RatingRow = typeof ratings.$inferSelect;
/** What the rater sends; whose agent it is, is set by the database. */
export type NewRating = Pick<RatingRow, "id" | "receiptOrgId" | "receiptId" | "receiptDigest" | "value" | "ratedBy" | "createdAt">;

export const insertRating = ({ orm, orgId }: ScopedDb, row: NewRating) => orm.insert(ratings).values({ ...row, orgId });

/** The owner groups of an organization and of the one that was entered. */
export const selectOwnerGroups = ({ orm, orgId }: ScopedDb, other: string) =>
  orm
    .select({ own: sql<string | null>`own.name`, others: sql<string | null>`other.name` })
    .from(sql`app.owner_group(${orgId}) as own (name), app.owner_group(${other}) as other (name)`);

export function selectRatings({ orm, orgId }: ScopedDb, page: Page) {
  const { where, orderBy, limit } = keyset(page, ratings.createdAt, ratings.id);
  return orm
    .select()
    .from(ratings)
    .where(and(eq(ratings.orgId, orgId), where))
    .orderBy(...orderBy)
    .limit(limit);
}

export const selectReceivedRating = ({ orm, orgId }: ScopedDb, receiptId: string | SQL) =>
  orm
    .select()
    .from(receiptRatings)
    .where(and(eq(receiptRatings.orgId, orgId), eq(receiptRatings.receiptId, receiptId)));

/** What the other organization gave and this one has not noted, or has (app.received_rating). */
export const selectReceivable = ({ orm }: ScopedDb, ratingId: string) =>
  orm
    .select({
      receiptId: sql<string>`given.receipt_id`,
      agentId: sql<string>`given.agent_id`,
      raterOrgId: sql<string>`given.rater_org_id`,
      raterGroup: sql<string>`given.rater_group`,
      value: sql<number>`given.value`.mapWith(Number),
    })
    .from(sql`app.received_rating(${ratingId}) as given`);

/** The database copies the rest from the other organization's row, and refuses a second one (app.take_rating). */
export const insertReceivedRating = ({ orm, orgId }: ScopedDb, row: { readonly id: string; readonly notedAt: Date }) =>
  orm.insert(receiptRatings).values({ ...row, orgId });

/** Whose agent a rating is of, and which receipt: expressions for what is read in one round trip with it. */
export const agentOfRating = (ratingId: string) => sql`(select given.agent_id from app.received_rating(${ratingId}) as given)`;
export const receiptOfRating = (ratingId: string) => sql`(select given.receipt_id from app.received_rating(${ratingId}) as given)`;
