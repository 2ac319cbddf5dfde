import { openHistory, selectKeyHistory } from "../../access/current-signer.ts";
import { openPlatform } from "../../access/platform.ts";
import { isOurId } from "../../access/tagged-id.ts";
import { bundleFormat, type Bundle } from "../../crypto/statement/bundle.ts";
import type { Basics } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { showPayment } from "../../payments/present-payment.ts";
import { inEnvelope, preimageOf, proveStatement, type Envelope } from "../statements/index.ts";
import { viewPayment } from "./payment-view.ts";
import type { PaymentView } from "./schemas.ts";
import { selectLoggedPaymentReceipt, selectPayment, selectPaymentReceipt } from "./store.ts";

type Context = Pick<Basics, "env" | "requestId" | "meter">;

/** The platform's rows, for whoever has the identifier of a payment: nobody can make one up. */
async function openPayment({ env, requestId, meter }: Context, id: string): Promise<ReturnType<typeof openPlatform>> {
  if (!(await isOurId(env, "payment", id))) throw problem("not_found", "not an identifier of ours");
  return openPlatform(env, { requestId, meter });
}

/** How a payment stands. Its answer is not shown. */
export async function readPayment(context: Context, id: string): Promise<PaymentView> {
  const platform = await openPayment(context, id);
  const [standing, [[row], [receipt]]] = await Promise.all([
    showPayment(context.env, id),
    platform.read((db) => [selectPayment(db, id), selectPaymentReceipt(db, id)]),
  ]);
  const view = viewPayment(id, standing, row, receipt);
  if (view === undefined) throw problem("not_found", "nothing is known of the payment");
  return view;
}

/** The newest receipt with all that is needed to check it offline. It is never revoked, so it has no revocation list. */
export async function readPaymentReceipt(context: Context, id: string, envelope: Envelope): Promise<Bundle> {
  const platform = await openPayment(context, id);
  const [[logged], [keyHistory]] = await platform.read((db) => [selectLoggedPaymentReceipt(db, id), selectKeyHistory(db)]);
  if (logged === undefined) throw problem("not_found", "no receipt of the payment");
  const { receipt, event } = logged;
  const history = await openHistory(keyHistory);
  const { inclusion } = await proveStatement(context.env, event, preimageOf(receipt.digest, receipt.changeDigest));
  return { format: bundleFormat, statement: inEnvelope(receipt, envelope), keyHistory: history.signed, inclusion, statusList: null };
}
