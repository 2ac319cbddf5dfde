import type { OpenedStatement } from "../crypto/statement/open-statement.ts";
import { PaymentClaim, paymentSubjects } from "../crypto/statement/payment.ts";
import { predicateTypes } from "../crypto/statement/statement.ts";
import { finding, type Finding } from "./verdicts.ts";

export const isPayment = ({ statement }: OpenedStatement): boolean => statement.predicateType === predicateTypes.payment;

/** Checks that a payment's receipt is about the authorization that it names. What became of that on the chain, the chain alone tells. */
export async function checkPayment({ statement: { subject, predicate } }: OpenedStatement): Promise<Finding> {
  const claim = PaymentClaim.safeParse(predicate);
  const request = subject.find(({ name }) => name === "request")?.digest.sha256;
  if (!claim.success || request === undefined) return finding("form", "malformed", "not a payment's receipt");
  const about = await paymentSubjects(claim.data, request);
  const fits =
    about.length === subject.length &&
    about.every(({ name, digest }, at) => subject[at]?.name === name && subject[at].digest.sha256 === digest.sha256);
  if (!fits) return finding("form", "malformed", "The receipt is about another authorization than the one it names.");
  const { amount, asset, network, payer, payTo, transaction, outcome } = claim.data;
  const paid = `${amount} atomic units of ${asset} from ${payer} to ${payTo}, ${outcome}`;
  return finding("payment", "payment_stated", `${paid}; look for transaction ${transaction} on ${network}`);
}
