import { openSystemDb } from "../access/system-principal.ts";
import { platformOrgId } from "../access/platform.ts";
import type { OutboxEntry } from "../audit/outbox.ts";
import { AlreadyLogged } from "../db/database-fault.ts";
import type { Environment } from "../env.ts";
import type { EventData } from "../webhooks/event-schemas.ts";
import { ledgerActor, readLedgerEntry, writeLedger } from "./ledger.ts";

/**
 * Writes what a payment's object owes: to the ledger first, and for what was settled to the log of the organization whose thing was sold, under
 * the ledger's own event id. Each once, whatever dies between them.
 */
export async function logPayment(env: Environment, entry: OutboxEntry): Promise<void> {
  const sold = readSold(entry);
  const announces = sold === undefined ? [] : ([{ type: "payment.settled", data: sold.told }] as const);
  const isPlatforms = sold?.orgId === platformOrgId;
  await unlessLogged(() => writeLedger(env, entry, isPlatforms ? announces : []));
  if (sold === undefined || isPlatforms) return;
  const { id, action } = entry;
  const tenant = openSystemDb(env, sold.orgId, ledgerActor);
  await tenant.write({ id, action, resource: sold.told.about, change: sold.told, answer: null, announces }, () => []);
}

async function unlessLogged(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (fault) {
    if (!(fault instanceof AlreadyLogged)) throw fault;
  }
}

/** What was sold, and for how much: neither who paid, nor the payment's identifier, with which anybody reads what it was for. */
function readSold({ data }: OutboxEntry): { readonly orgId: string; readonly told: EventData["payment.settled"] } | undefined {
  const { action, seller, outcome, operation, network, asset, amount, settledAt } = readLedgerEntry(data);
  if (action !== "payment.settled" || seller === undefined || outcome === "reversed") return undefined;
  const { orgId, about } = seller;
  return { orgId, told: { operation, about, network, asset, amount, outcome, settledAt: new Date(settledAt).toISOString() } };
}
