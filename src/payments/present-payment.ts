import type { Environment } from "../env.ts";
import type { DeliveryEnd, Presented, PresentedPayment, PresentedRequest, StoredAnswer } from "./payment.ts";

/** Presents a payment for a request: settled once, bound to that request, waited for at most some 25 s. */
export function presentPayment(_env: Environment, _payment: PresentedPayment, _request: PresentedRequest): Promise<Presented> {
  throw new Error("not yet");
}

/**
 * Ends a delivery. Answers what the payer is to be sent: the answer as it was kept, or, where another delivery of the same payment ended
 * first, that one's; undefined where nothing was kept but a credit.
 */
export function endDelivery(
  _env: Environment,
  _payment: PresentedPayment,
  _lease: string,
  _end: DeliveryEnd,
): Promise<StoredAnswer | undefined> {
  throw new Error("not yet");
}
