import { foreignKey, pgTable, primaryKey, text, timestamp, uniqueIndex } from "drizzle-orm/pg-core";
import { judgePanels } from "./judge-panels.ts";

/** Panels that the installation's administrator offers for sale, each with the judges that it had then: with others it is not for sale. */
export const soldPanels = pgTable(
  "sold_panels",
  {
    orgId: text().notNull(),
    panelId: text().notNull(),
    panelDigest: text().notNull(),
    offeredAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.panelId] }),
    // Whoever pays knows the panel's id alone: one row of one organization answers to it.
    uniqueIndex("sold_panels_panel").on(table.panelId),
    foreignKey({ columns: [table.orgId, table.panelId], foreignColumns: [judgePanels.orgId, judgePanels.id] }),
  ],
);
