import { and, eq, sql } from "drizzle-orm";
import { z } from "zod";
import { openHistory, selectKeyHistory, signerBy } from "../access/current-signer.ts";
import { platformOrgId } from "../access/platform.ts";
import { openSystemDb, selectOrganization } from "../access/system-principal.ts";
import type { OutboxEntry } from "../audit/outbox.ts";
import { jsonDigest } from "../crypto/digest.ts";
import { PaymentClaim, paymentSubjects } from "../crypto/statement/payment.ts";
import { signStatement } from "../crypto/statement/statement.ts";
import { paymentReceipts, payments } from "../db/schema/payments.ts";
import type { Query, ScopedDb } from "../db/tenant-db.ts";
import type { Environment } from "../env.ts";
import type { Announcement } from "../webhooks/event-schemas.ts";
import type { LedgerEntry } from "./ledger-note.ts";

/** Nobody's credential: the payer's address is in the rows, and never in the log. */
export const ledgerActor = "system:payments";

const Entry = z.custom<LedgerEntry>((data) => typeof data === "object" && data !== null);
export const readLedgerEntry = (data: unknown): LedgerEntry => Entry.parse(data);

/** Writes what an object owes the ledger: the event, its rows and its receipt in one transaction, once. Two round trips. */
export async function writeLedger(
  env: Environment,
  { id, action, resource: paymentId, change, data, at }: OutboxEntry,
  announces: readonly Announcement[],
): Promise<void> {
  const entry = readLedgerEntry(data);
  const now = new Date(at);
  const tenant = openSystemDb(env, platformOrgId, ledgerActor);
  if (entry.number === null) {
    await tenant.write({ id, action, resource: paymentId, change, answer: null, announces }, (db) => [
      insertPayment(db, paymentId, entry, now),
    ]);
    return;
  }
  const [[keyHistory], [organization]] = await tenant.read((db) => [selectKeyHistory(db), selectOrganization(db)]);
  const signer = await signerBy(await openHistory(keyHistory), env, "statement", now);
  const claim = claimOf(paymentId, entry);
  const receiptId = `rcp_${id.slice("aud_".length)}`;
  const signed = await signStatement(signer, {
    kind: "payment",
    subject: await paymentSubjects(claim, entry.request),
    predicate: {
      id: receiptId,
      issuer: env.publicOrigin,
      deployment: { kind: env.deployment, environment: organization?.environment ?? "test" },
      organization: platformOrgId,
      issuedAt: now.toISOString(),
      ...claim,
    },
  });
  const changeDigest = await jsonDigest(change);
  const { digest, jws: statement, dsseSignature } = signed;
  const { number, outcome } = entry;
  const row = { paymentId, number, id: receiptId, outcome, statement, dsseSignature, digest, kid: signer.kid, changeDigest, issuedAt: now };
  const stated = { statement: digest, change: changeDigest };
  await tenant.write({ id, action, resource: paymentId, change: stated, answer: null, announces }, (db) => [
    ...rowOf(db, paymentId, entry, now),
    db.orm.insert(paymentReceipts).values({ orgId: db.orgId, ...row }),
  ]);
}

/** The first note of a payment makes its row, unless it was one that said nothing but that it was settled. */
function rowOf(db: ScopedDb, paymentId: string, entry: LedgerEntry, at: Date): Query[] {
  switch (entry.action) {
    case "payment.settled":
      return [insertPayment(db, paymentId, entry, at)];
    case "payment.credited":
      return [];
    case "payment.redeemed":
    case "payment.reversed":
      return [updatePayment(db, paymentId, entry, at)];
  }
}

const insertPayment = ({ orm, orgId }: ScopedDb, id: string, entry: LedgerEntry, at: Date) => {
  const { network, asset, payer, payTo, amount, nonce, transaction, operation, resource, outcome, settledAt } = entry;
  const terms = { network, asset, payer, payTo, amount, nonce, transaction, operation, resource, outcome };
  return orm.insert(payments).values({ orgId, id, ...terms, settledAt: new Date(settledAt), revision: 1, updatedAt: at });
};

/** Its object writes one note after the other, so what is there is what the note before left. */
const updatePayment = ({ orm, orgId }: ScopedDb, id: string, { transaction, outcome }: LedgerEntry, updatedAt: Date) =>
  orm
    .update(payments)
    .set({ transaction, outcome, updatedAt, revision: sql`${payments.revision} + 1` })
    .where(and(eq(payments.orgId, orgId), eq(payments.id, id)));

function claimOf(payment: string, entry: LedgerEntry): PaymentClaim {
  const { outcome, network, asset, payer, payTo, amount, transaction, nonce, operation, resource, settledAt } = entry;
  const terms = { network, asset, payer, payTo, amount, transaction, nonce };
  return PaymentClaim.parse({ payment, outcome, ...terms, operation, resource, settledAt: new Date(settledAt).toISOString() });
}
