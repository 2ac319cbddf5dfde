import { and, desc, eq, inArray } from "drizzle-orm";
import { providerEvents } from "../../db/schema/provider-events.ts";
import type { Query, ScopedDb } from "../../db/tenant-db.ts";
import type { Provider } from "../../providers/provider.ts";

type Row = Omit<typeof providerEvents.$inferInsert, "orgId" | "receivedAt">;

export const insertProviderEvent = ({ orm, orgId }: ScopedDb, row: Row): Query => orm.insert(providerEvents).values({ orgId, ...row });

/** The newest of the provider's events of these types about one of the subjects, if it was heeded. */
export const selectNewestEvent = (
  { orm, orgId }: ScopedDb,
  about: { readonly provider: Provider; readonly subjects: readonly string[]; readonly types: readonly string[] },
) =>
  orm
    .select({ type: providerEvents.type, occurredAt: providerEvents.occurredAt })
    .from(providerEvents)
    .where(
      and(
        eq(providerEvents.orgId, orgId),
        eq(providerEvents.provider, about.provider),
        inArray(providerEvents.subject, [...about.subjects]),
        inArray(providerEvents.type, [...about.types]),
        eq(providerEvents.outcome, "handled"),
      ),
    )
    .orderBy(desc(providerEvents.occurredAt))
    .limit(1);
