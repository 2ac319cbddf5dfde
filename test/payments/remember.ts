import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import type { PresentedPayment } from "../../src/payments/payment.ts";
import { endDelivery } from "../../src/payments/present-payment.ts";
import type { Settlement } from "../../src/payments/settlement.ts";
import { answer, environment, objectOf } from "./world.ts";

export const end = (payment: PresentedPayment, held: string) => endDelivery(environment(), payment, held, { ok: true, answer: answer() });
export const fail = (payment: PresentedPayment, held: string) => endDelivery(environment(), payment, held, { ok: false, code: "internal" });
/** Changes what the object remembers, as time passing would, and starts it anew. */
export async function remember(payment: PresentedPayment, change: (settlement: Settlement) => Settlement): Promise<void> {
  await runInDurableObject(await objectOf(payment), (_object, { storage }) => {
    const kept = storage.kv.get<Settlement>("settlement");
    if (kept === undefined) throw new Error("nothing is kept");
    storage.kv.put("settlement", change(kept));
  });
  await evictDurableObject(await objectOf(payment));
}
export const askedLongAgo = (kept: Settlement): Settlement => ({ ...kept, asked: { ...kept.asked, lastAt: kept.asked.lastAt - 60_000 } });
export const checkedLongAgo = (kept: Settlement): Settlement =>
  kept.outcome.state === "settled" ? { ...kept, outcome: { ...kept.outcome, checkedAt: kept.outcome.checkedAt - 60_000 } } : kept;
export const leaseOver = (kept: Settlement): Settlement =>
  kept.delivery.state === "leased" ? { ...kept, delivery: { ...kept.delivery, until: Date.now() - 1 } } : kept;

export const kept = async (payment: PresentedPayment): Promise<Settlement | undefined> =>
  runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.kv.get<Settlement>("settlement"));
export const tablesOf = async (payment: PresentedPayment): Promise<unknown[]> =>
  runInDurableObject(await objectOf(payment), (_object, { storage }) => storage.sql.exec("select name, sql from sqlite_master").toArray());
