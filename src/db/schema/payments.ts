import { bigint, foreignKey, index, integer, pgTable, primaryKey, text, timestamp } from "drizzle-orm/pg-core";
import type { PaymentOutcome } from "../../crypto/statement/payment.ts";

/** Payments of callers without an account: rows of the platform's own organization, written by the payments' objects. */
export const payments = pgTable(
  "payments",
  {
    orgId: text().notNull(),
    id: text().notNull(),
    /** CAIP-2. */
    network: text().notNull(),
    asset: text().notNull(),
    payer: text().notNull(),
    payTo: text().notNull(),
    /** Atomic units of the asset: a uint256. */
    amount: text().notNull(),
    transaction: text().notNull(),
    nonce: text().notNull(),
    operation: text().notNull(),
    resource: text().notNull(),
    outcome: text().$type<PaymentOutcome>().notNull(),
    settledAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    revision: integer().notNull(),
    updatedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.orgId, table.id] }), index("payments_page").on(table.orgId, table.settledAt, table.id)],
);

/** Signed statements of what became of a payment, the last one being its present outcome. Never changed. */
export const paymentReceipts = pgTable(
  "payment_receipts",
  {
    orgId: text().notNull(),
    paymentId: text().notNull(),
    /** From 1. */
    number: integer().notNull(),
    id: text().notNull(),
    outcome: text().$type<PaymentOutcome>().notNull(),
    statement: text().notNull(),
    dsseSignature: text().notNull(),
    digest: text().notNull(),
    kid: text().notNull(),
    /** Set by the database (app.stamp_event), whatever is sent. */
    eventSeq: bigint({ mode: "number" }).notNull().default(0),
    /** The digest of what else the event is about. */
    changeDigest: text().notNull(),
    issuedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.orgId, table.paymentId, table.number] }),
    index("payment_receipts_events").on(table.orgId, table.eventSeq),
    foreignKey({ columns: [table.orgId, table.paymentId], foreignColumns: [payments.orgId, payments.id] }),
  ],
);
