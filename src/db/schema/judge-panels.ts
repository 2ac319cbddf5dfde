import { foreignKey, index, integer, jsonb, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { CalibrationResult, CalibrationStatus, LabelledExample } from "../../features/judge-panels/calibration.ts";

/** A model behind an OpenAI-compatible endpoint. */
export type PanelJudge = { readonly name: string; readonly baseUrl: string; readonly model: string };

export const judgePanels = pgTable(
  "judge_panels",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    name: text().notNull(),
    /** One more whenever its judges change. */
    version: integer().notNull(),
    digest: text().notNull(),
    judges: jsonb().$type<readonly PanelJudge[]>().notNull(),
    /** The judges' API keys by their names, sealed (crypto/sealed-box.ts); they never leave. */
    keys: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
    retiredAt: timestamp({ withTimezone: true, precision: 3 }),
    /** Grows with each change; an update names the one it read. */
    revision: integer().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] }), index("judge_panels_page").on(table.orgId, table.createdAt, table.id)],
);

/** What a panel was in each of its versions: runs and calibrations name one. Written once. */
export const judgePanelVersions = pgTable(
  "judge_panel_versions",
  {
    orgId: text().notNull(),
    panelId: text().notNull(),
    version: integer().notNull(),
    digest: text().notNull(),
    judges: jsonb().$type<readonly PanelJudge[]>().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.panelId, table.version] }),
    foreignKey({ columns: [table.orgId, table.panelId], foreignColumns: [judgePanels.orgId, judgePanels.id] }),
  ],
);

/** What a panel made of a labelled set. */
export const judgeCalibrations = pgTable(
  "judge_calibrations",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    panelId: text().notNull(),
    panelVersion: integer().notNull(),
    panelDigest: text().notNull(),
    promptDigest: text().notNull(),
    /** Of the labelled set. */
    setDigest: text().notNull(),
    examples: jsonb().$type<readonly LabelledExample[]>().notNull(),
    status: text().$type<CalibrationStatus>().notNull(),
    result: jsonb().$type<CalibrationResult>(),
    requestedBy: text().notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    finishedAt: timestamp({ withTimezone: true, precision: 3 }),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.id] }),
    index("judge_calibrations_page").on(table.orgId, table.panelId, table.createdAt, table.id),
    index("judge_calibrations_digest").on(table.orgId, table.panelDigest, table.finishedAt),
    foreignKey({
      name: "judge_calibrations_version",
      columns: [table.orgId, table.panelId, table.panelVersion],
      foreignColumns: [judgePanelVersions.orgId, judgePanelVersions.panelId, judgePanelVersions.version],
    }),
  ],
);
