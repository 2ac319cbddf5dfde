import { bigint, foreignKey, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import { logCheckpoints } from "./log-checkpoints.ts";

/** A witness's signature over a checkpoint (C2SP tlog-cosignature), checked before it was taken. */
export const logCosignatures = pgTable(
  "log_cosignatures",
  {
    orgId: text().notNull(),
    size: bigint({ mode: "number" }).notNull(),
    /** The witness's vkey: its name, key id, type and public key. */
    verifierKey: text().notNull(),
    /** The signature line, as it is served. */
    line: text().notNull(),
    /** When the witness says that it saw the checkpoint. */
    witnessedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.size, table.verifierKey] }),
    foreignKey({ columns: [table.orgId, table.size], foreignColumns: [logCheckpoints.orgId, logCheckpoints.size] }),
  ],
);
