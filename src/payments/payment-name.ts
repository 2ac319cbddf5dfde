import { encodeBase62 } from "../crypto/base62.ts";
import { sha256 } from "../crypto/digest.ts";
import type { PresentedPayment } from "./payment.ts";

/** The name of a payment's object: SHA-256 of network, asset, payer and nonce, in 43 base62 digits. Nobody chooses it without signing. */
export const paymentName = async ({ network, asset, payer, nonce }: PresentedPayment): Promise<string> =>
  encodeBase62(await sha256(`armalo/payment/1|${network}|${asset}|${payer}|${nonce}`), 43);

/** The name of the object of a payer's own identifier. */
export const identifierName = async ({ payer }: PresentedPayment, identifier: string): Promise<string> =>
  encodeBase62(await sha256(`armalo/payment-identifier/1|${payer}|${identifier}`), 43);
