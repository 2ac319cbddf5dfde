import { openPlatform } from "../../access/platform.ts";
import { isOurId } from "../../access/tagged-id.ts";
import type { Basics } from "../../http/operation.ts";
import { problem } from "../../http/problem.ts";
import { showPayment } from "../../payments/present-payment.ts";
import { viewPayment } from "./payment-view.ts";
import type { PaymentView } from "./schemas.ts";
import { selectPayment, selectPaymentReceipt } from "./store.ts";

/** How a payment stands, for whoever has its identifier: nobody can make one up, and its answer is not shown. */
export async function readPayment(
  { env, requestId, meter }: Pick<Basics, "env" | "requestId" | "meter">,
  id: string,
): Promise<PaymentView> {
  if (!(await isOurId(env, "payment", id))) throw problem("not_found", "not an identifier of ours");
  const [standing, [[row], [receipt]]] = await Promise.all([
    showPayment(env, id),
    openPlatform(env, { requestId, meter }).read((db) => [selectPayment(db, id), selectPaymentReceipt(db, id)]),
  ]);
  const view = viewPayment(id, standing, row, receipt);
  if (view === undefined) throw problem("not_found", "nothing is known of the payment");
  return view;
}
