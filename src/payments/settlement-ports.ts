import type { Environment } from "../env.ts";
import { lookUp } from "./chain.ts";
import { settlePayment, verifyPayment } from "./facilitator.ts";
import type { PresentedPayment } from "./payment.ts";
import { identifierName, paymentName } from "./payment-name.ts";
import type { Ports } from "./pursue-settlement.ts";

type Outside = Pick<Ports, "confirmations" | "look" | "verify" | "settle" | "claimIdentifier">;

/** What a payment's object asks of the world outside: the chain, the facilitator, and the object of the payer's identifier. */
export function outsideOf(env: Environment, terms: PresentedPayment): Outside {
  const { payments } = env;
  const network = payments?.networks.find((one) => one.network === terms.network && one.asset.toLowerCase() === terms.asset);
  // Taken off the settings while payments are under way: nothing is known of them until it is back.
  if (payments === undefined || network === undefined) return silence;
  return {
    confirmations: network.confirmations,
    look: (hints) => lookUp(network, terms, hints),
    verify: () => verifyPayment(payments, terms),
    settle: () => settlePayment(payments, terms),
    claimIdentifier: () => claimIdentifier(env, terms),
  };
}

const unset = "the network is not in the settings";
const silence: Outside = {
  confirmations: Infinity,
  look: async () => ({ state: "unknown", detail: unset }),
  verify: async () => ({ kind: "unavailable", reason: unset }),
  settle: async () => ({ kind: "uncertain", reason: unset }),
  claimIdentifier: async () => false,
};

async function claimIdentifier({ bindings }: Environment, terms: PresentedPayment): Promise<boolean> {
  if (terms.identifier === undefined) return true;
  const identifiers = bindings.PAYMENT_IDENTIFIER;
  const name = await identifierName(terms, terms.identifier);
  return identifiers.get(identifiers.idFromName(name)).claim(await paymentName(terms));
}
