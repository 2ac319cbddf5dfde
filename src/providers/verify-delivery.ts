import type { Environment } from "../env.ts";
import { problem } from "../http/problem.ts";
import type { Provider } from "./provider.ts";

export type VerifiedDelivery = {
  readonly provider: Provider;
  readonly deliveryId: string | null;
  readonly signedAt: Date;
  readonly body: Uint8Array<ArrayBuffer>;
};

/** Refuses everything until a provider's signatures are known: 503 without its secret, 401 for whatever does not fit. */
export async function verifyDelivery(
  env: Environment,
  provider: Provider,
  _headers: Headers,
  _body: Uint8Array<ArrayBuffer>,
  _now: Date,
): Promise<VerifiedDelivery> {
  if (env.providers.webhookSecrets[provider] === undefined) throw problem("not_configured", `no secret of ${provider}`);
  throw problem("bad_signature", "no scheme");
}
