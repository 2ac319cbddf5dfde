import { and, desc, eq } from "drizzle-orm";
import { auditEvents } from "../../db/schema/audit-events.ts";
import { paymentReceipts, payments } from "../../db/schema/payments.ts";
import type { ScopedDb } from "../../db/tenant-db.ts";

export const selectPayment = ({ orm, orgId }: ScopedDb, id: string) =>
  orm
    .select()
    .from(payments)
    .where(and(eq(payments.orgId, orgId), eq(payments.id, id)));
export type PaymentRow = Awaited<ReturnType<typeof selectPayment>>[number];

/** The newest receipt: what holds now. */
export const selectPaymentReceipt = ({ orm, orgId }: ScopedDb, paymentId: string) =>
  orm
    .select()
    .from(paymentReceipts)
    .where(and(eq(paymentReceipts.orgId, orgId), eq(paymentReceipts.paymentId, paymentId)))
    .orderBy(desc(paymentReceipts.number))
    .limit(1);
export type PaymentReceiptRow = Awaited<ReturnType<typeof selectPaymentReceipt>>[number];

/** The newest receipt and its own event, in one query: a receipt that comes in between cannot part them. */
export const selectLoggedPaymentReceipt = ({ orm, orgId }: ScopedDb, paymentId: string) =>
  orm
    .select({ receipt: paymentReceipts, event: auditEvents })
    .from(paymentReceipts)
    .innerJoin(auditEvents, and(eq(auditEvents.orgId, orgId), eq(auditEvents.seq, paymentReceipts.eventSeq)))
    .where(and(eq(paymentReceipts.orgId, orgId), eq(paymentReceipts.paymentId, paymentId)))
    .orderBy(desc(paymentReceipts.number))
    .limit(1);
