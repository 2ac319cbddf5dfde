import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import type { ScopedDb } from "../../db/tenant-db.ts";

/** Who is behind something that somebody else has to decide, where the policy asks for four eyes. */
export type FourEyes = {
  readonly fourEyes: boolean;
  /** Who registered the agent; null where that was not kept. */
  readonly registeredBy: string | null;
  /** The people behind it, as actors. */
  readonly owners: ReadonlySet<string>;
};

/** Whether this person may not do what another may: with four eyes nobody who is behind it, and nobody while that is not known. */
export const isBarred = ({ fourEyes, registeredBy, owners }: FourEyes, actor: string): boolean =>
  fourEyes && (registeredBy === null || owners.has(actor));

/** The people among actors, and those who made the keys among them, through every key that was made with another one. */
export const selectPeopleBehind = ({ orm, orgId }: ScopedDb, actors: SQL) =>
  orm.execute(sql`
    with recursive behind (actor) as (
      ${actors}
      union
      select unnest(array[k.created_by, 'key:' || k.replaces_id])
        from behind b join api_keys k on k.org_id = ${orgId} and 'key:' || k.id = b.actor)
    select actor from behind where actor like 'member:%'`);

const Owners = z.object({ rows: z.array(z.object({ actor: z.string() })) });

/** The actors that selectPeopleBehind found. */
export const ownersOf = (answer: unknown): ReadonlySet<string> => new Set(Owners.parse(answer).rows.map(({ actor }) => actor));
