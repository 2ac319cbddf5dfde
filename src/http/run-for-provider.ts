import { addressOf, countingRefusals } from "../access/flood-guard.ts";
import { verifyDelivery } from "../providers/verify-delivery.ts";
import type { Provider } from "../providers/provider.ts";
import { currentTime } from "../platform/clock.ts";
import { answerResponse } from "./answer-response.ts";
import type { Call } from "./call.ts";
import { handleCall, type BodyReader } from "./handle-call.ts";
import type { Operation } from "./operation.ts";

/** Raw bytes first, under the cap; then the provider's signature over them; only then is anything of it read. Refusals are counted. */
export async function runForProvider(operation: Operation, call: Call, provider: Provider, body: BodyReader): Promise<Response> {
  const { env, request } = call;
  const delivery = await countingRefusals(env, addressOf(request), async () =>
    verifyDelivery(env, provider, request.headers, await body(), currentTime()),
  );
  call.trace.actor = `provider:${provider}`;
  return answerResponse(operation, await handleCall(operation, call, body, { delivery, request }));
}
