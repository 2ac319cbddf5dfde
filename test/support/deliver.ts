import type { Provider } from "../../src/providers/provider.ts";
import { callApi, type Answer } from "./organization.ts";
import { signedHeaders, type Told } from "./sign-as-provider.ts";

export { signedHeaders };

/** Has a provider tell the tests' Worker something, signed as it does. A string is sent as it is. */
export async function deliver(provider: Provider, payload: unknown, told: Told = {}): Promise<Answer> {
  const raw = typeof payload === "string" ? payload : JSON.stringify(payload);
  const [a, b] = crypto.getRandomValues(new Uint8Array(2));
  const headers = { "cf-connecting-ip": `198.18.${a}.${b}`, ...(await signedHeaders(provider, raw, told)) };
  const method = told.method ?? "POST";
  return callApi(method, `/webhooks/${provider}`, method === "GET" ? undefined : raw, headers);
}
