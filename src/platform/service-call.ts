import { parseJson, type JsonValue } from "../crypto/canonical-json.ts";
import { exchange, type ExchangeFailure, type ExchangeRequest } from "./exchange.ts";

export type ServiceAnswer =
  /** `json` is undefined where the body is none. */
  | { readonly ok: true; readonly status: number; readonly json: JsonValue | undefined }
  | { readonly ok: false; readonly reason: ExchangeFailure };

type Service = {
  readonly url: string;
  readonly token?: string | undefined;
  readonly timeoutMs: number;
  readonly method?: ExchangeRequest["method"];
  readonly headers?: Readonly<Record<string, string>>;
};

/** For a library that speaks with one service: a `fetch` that posts texts to this one address, and refuses whatever else it is asked. */
export const postsTo =
  (address: string, timeoutMs: number) =>
  async (target: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const url = new URL(target instanceof Request ? target.url : target);
    if (`${url.origin}${url.pathname}` !== address || init?.method !== "POST" || typeof init.body !== "string")
      throw new Error("a library asked for what it may not call");
    const headers = Object.fromEntries(new Headers(init.headers));
    const answer = await exchange(url, { method: "POST", headers, body: init.body }, { timeoutMs });
    if (!answer.ok) throw new Error(`the service did not answer: ${answer.reason}`);
    return new Response(Uint8Array.from(answer.body), { status: answer.status });
  };

/** Asks a service that the operator has set, with JSON for JSON. Its URL comes from the settings, never from a tenant or a caller: those go through egress.ts. */
export async function callService(service: Service, body?: JsonValue): Promise<ServiceAnswer> {
  const { url, token, timeoutMs, method = "POST" } = service;
  const headers = {
    "content-type": "application/json",
    ...service.headers,
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await exchange(new URL(url), sent, { timeoutMs });
  return answer.ok ? { ok: true, status: answer.status, json: parseJson(answer.body) } : { ok: false, reason: answer.reason };
}
