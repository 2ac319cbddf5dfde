import type { PaymentRequirements, PresentedPayment } from "./payment.ts";
import type { PaymentSettings } from "./settings.ts";

export type ReadPayment =
  | { readonly ok: true; readonly payment: PresentedPayment }
  | { readonly ok: false; readonly reason: "malformed" | "no_match" | "bad_signature"; readonly detail: string };

/**
 * Reads a PAYMENT-SIGNATURE header: its form, that it accepts one of the requirements that were offered, and that its payer signed it.
 * Whether its time has come or gone is asked when it is presented: a stored answer or a credit outlives it.
 */
export function readPayment(header: string, offered: readonly PaymentRequirements[], settings: PaymentSettings): Promise<ReadPayment> {
  throw new Error(`not yet: ${header.length} ${offered.length} ${settings.networks.length}`);
}
